"""What texts on process pools show: the parent accepts, a multiprocessing.Pool serves.

Arguments: the port; the number of processes; for how many milliseconds each answer pretends to work; how
much is read at once.
"""

import multiprocessing
import socket
import sys
import time


def serve(connection, pause, size):
    with connection:
        while data := connection.recv(size):
            if pause:
                time.sleep(pause)
            connection.sendall(data.upper())


def main():
    port, processes, milliseconds, size = map(int, sys.argv[1:])
    with multiprocessing.Pool(processes) as pool:
        listener = socket.create_server(("127.0.0.1", port), backlog=4096)
        # Who is accepted inherits it.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            # No name for the connection: while the parent has it, its peer sees no end.
            pool.apply_async(serve, (listener.accept()[0], milliseconds / 1000, size))


if __name__ == "__main__":
    main()
