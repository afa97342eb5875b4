# syntax=docker/dockerfile:1
# The image: the program alone, on distroless. Layers are cached by how often they change: tools, dependencies, sources.
#
#   docker build --tag trailplane .
#   docker build --target sbom --output type=local,dest=. .      # its bill of materials alone
#
# The builder and the base are of the same Debian, for the program is linked to that libc.
ARG RUST=1.95.0

FROM rust:${RUST}-slim-trixie AS tools
ARG CARGO_CHEF=0.1.78
ARG CARGO_AUDITABLE=0.7.7
ARG CARGO_CYCLONEDX=0.5.9
RUN cargo install --locked --root /tools \
      "cargo-chef@${CARGO_CHEF}" \
      "cargo-auditable@${CARGO_AUDITABLE}" \
      "cargo-cyclonedx@${CARGO_CYCLONEDX}"

FROM rust:${RUST}-slim-trixie AS base
COPY --from=tools /tools/bin/ /usr/local/cargo/bin/
WORKDIR /build

# What the dependencies are, without a version or a source of ours: it stays the same until they change.
FROM base AS recipe
COPY . .
RUN cargo chef prepare --bin trailplane --recipe-path recipe.json

FROM base AS build
COPY --from=recipe /build/recipe.json recipe.json
RUN cargo chef cook --locked --profile dist --no-default-features --bin trailplane --recipe-path recipe.json
COPY . .
# `auditable` writes into the program which crates it is made of; `cyclonedx` says it in a file. Without default features
# there is no sandbox in it.
RUN cargo auditable build --locked --profile dist --no-default-features --bin trailplane \
 && cargo cyclonedx --format json --spec-version 1.5 --no-default-features --override-filename trailplane.cdx

FROM scratch AS sbom
COPY --from=build /build/trailplane.cdx.json /

# Has CA certificates, libc and libgcc, and no shell.
FROM gcr.io/distroless/cc-debian13:nonroot
LABEL org.opencontainers.image.title="trailplane" \
      org.opencontainers.image.description="One gRPC service that runs AWS CloudTrail for a whole organization" \
      org.opencontainers.image.source="https://github.com/trailplane/trailplane" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /build/target/dist/trailplane /usr/local/bin/trailplane
COPY --from=build /build/trailplane.cdx.json /build/LICENSE /usr/share/doc/trailplane/
# By number, so that Kubernetes can see that it is not root. It writes nothing but what is configured: the audit's file
# and the cache, each on a volume; the root file system may be read-only.
USER 65532:65532
EXPOSE 50051 9464
ENTRYPOINT ["/usr/local/bin/trailplane"]
CMD ["serve", "--config", "/etc/trailplane/config/trailplane.yaml"]
