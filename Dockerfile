FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /socialwatch ./cmd/socialwatch

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build /socialwatch /socialwatch
USER 65532
WORKDIR /data
ENV SOCIALWATCH_CONFIG=/etc/socialwatch/socialwatch.yaml
ENTRYPOINT ["/socialwatch"]
CMD ["serve"]
