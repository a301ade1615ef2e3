# syntax=docker/dockerfile:1.7
# Patron's one binary on a distroless base: no shell, no package manager, not root.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
# ring, the cryptography of TLS, compiles a little C.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
COPY . .
# The registry and the target folder live in cache mounts: a change of code rebuilds only Patron.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --release --locked --package patron \
 && install -D target/release/patron /out/patron

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="Patron" \
      org.opencontainers.image.description="Customer-relationship and loyalty backend" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/patron /usr/local/bin/patron
USER 65532:65532
# gateway, services, admin (health and metrics)
EXPOSE 8080 50051 9090
ENTRYPOINT ["/usr/local/bin/patron"]
CMD ["serve", "gateway"]
