# The image: one static program, and the certificates of the public authorities. Nothing else is in it, so nothing else is
# to be patched, and nothing in it can be run by an intruder.
#
#   docker build -t daybreak .                              compiles it, on any machine with an engine
#   make image                                              compiles it on this machine, and packs it
#
# Where the program comes from: `source`, or `built` for what lies in build/image.
ARG PROGRAM=source

FROM docker.io/library/rust:1.95-alpine AS source
WORKDIR /source
COPY . .
RUN cargo build --release --locked -p daybreak \
    && install -D target/release/daybreak /image/daybreak \
    && install -D -m 644 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt

FROM scratch AS built
COPY build/image /image

FROM ${PROGRAM} AS program

FROM scratch
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Daybreak" \
      org.opencontainers.image.description="Keeps dated batch data complete." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=program /image /
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENTRYPOINT ["/daybreak"]
