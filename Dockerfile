# Two images from one build:
#
#   docker build -t prefork-echo .                       the server (the default target)
#   docker build -t prefork-client --target client .     its client
#
#   docker run --rm -p 127.0.0.1:8080:8080 prefork-echo --workers 2 --threads 2 --log-access

FROM rust:1-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --workspace


FROM debian:bookworm-slim AS client
LABEL org.opencontainers.image.title="prefork-client" \
      org.opencontainers.image.description="The client of prefork-echo: opens several connections and shows which are served and which wait" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /src/target/release/prefork-client /usr/local/bin/
# For the picture of watch, and top's.
ENV LANG=C.UTF-8
USER 65532:65532
ENTRYPOINT ["prefork-client"]


FROM debian:bookworm-slim AS server
LABEL org.opencontainers.image.title="prefork-echo" \
      org.opencontainers.image.description="A preforking TCP server in the Nginx style: workers, a thread per connection, and a queue you can see" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /src/target/release/prefork-echo /usr/local/bin/
# A file mounted here as config.toml is read; without one the built-in values hold.
WORKDIR /etc/prefork-echo
# The built-in address, 127.0.0.1, is out of reach from outside the container.
# A variable is stronger than the file, a flag stronger than both.
ENV PREFORK_LISTEN=0.0.0.0:8080 LANG=C.UTF-8
EXPOSE 8080
USER 65532:65532
# As PID 1 the master reaps its workers and drains on TERM: it needs no init.
ENTRYPOINT ["prefork-echo"]
