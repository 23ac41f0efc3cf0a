# make test    everything CI runs; installs what it needs
# make soak    the long forms: 20 demo days, long kill tests, fuzzing
# make bench   the measured ratios (docs/performance.md)
# make screenshots   a picture of every screen, in screenshots/
.PHONY: test build lint soak bench docs demo screenshots

build:
	go build -trimpath -ldflags "-X main.version=$$(git describe --tags --always --dirty)" -o socialwatch ./cmd/socialwatch

demo:
	go run ./cmd/socialwatch demo

test:
	@scripts/test

lint:
	@test -z "$$(gofmt -l .)" || (gofmt -l . && exit 1)
	go vet ./...

soak:
	@scripts/soak

bench:
	@scripts/bench

screenshots:
	@scripts/screenshots

# The generated pages; CI fails when they are not what the code says.
docs:
	go run ./cmd/socialwatch init --markdown > docs/configuration.md
