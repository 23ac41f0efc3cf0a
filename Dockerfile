FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /socialwatch ./cmd/socialwatch && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /socialwatch /socialwatch
# The SQLite file of a small shop stands here; mount a volume.
COPY --from=build --chown=65532:65532 /data /data
USER 65532
WORKDIR /data
ENV SOCIALWATCH_CONFIG=/etc/socialwatch/socialwatch.yaml
EXPOSE 8080
ENTRYPOINT ["/socialwatch"]
CMD ["serve"]
