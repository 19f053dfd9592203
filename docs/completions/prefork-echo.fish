# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_prefork_echo_global_optspecs
    string join \n c/config= listen= backlog= transform= control= pid-file= proxy-from= workers= grow-after= threads= sleep= cpu= distribution= timeouts-idle= timeouts-write= timeouts-drain= timeouts-drain-idle= timeouts-start= timeouts-grace= timeouts-stuck= timeouts-first-byte= timeouts-lifetime= timeouts-idle-saturated= limits-generations= limits-respawns= limits-respawn-interval= limits-crash-loop= limits-connections-per-worker= limits-worker-age= limits-worker-memory= limits-per-peer= limits-per-peer-ipv4= limits-per-peer-ipv6= limits-queue-wait= limits-queue-wait-answer= limits-min-rate= limits-min-rate-after= limits-allow= limits-deny= security-user= security-group= security-sandbox= monitor-listen= log-file= log-level= log-format= log-access= log-access-sample= h/help V/version
end

function __fish_prefork_echo_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_prefork_echo_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_prefork_echo_using_subcommand
    set -l cmd (__fish_prefork_echo_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -s V -l version -d 'Print version'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -f -a "run" -d 'Serve in the foreground (the default)'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -f -a "check" -d 'Check the configuration and print "ok", or what is wrong and where'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -f -a "config" -d 'Print the configuration'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -f -a "status" -d 'Print how the pool is: who is served, who waits'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -f -a "top" -d 'Show the same live'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -f -a "queue" -d 'Print who waits in the accept queues, and for how long'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -f -a "reload" -d 'Read the configuration again: a new generation of workers takes the place of the old one, and nobody is lost'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -f -a "scale" -d 'Change the number of workers: N, +N or -N, until the next reload'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -f -a "upgrade" -d 'Start the program again as it is now on disk; it takes over the listeners, and nobody is lost'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -f -a "reopen" -d 'Open the log\'s file anew, in all processes, after the one before was put aside'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -f -a "stop" -d 'Stop the pool: serve who is connected or waiting, and wait for its end'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -f -a "drain" -d 'Let the workers finish and leave; the master stays, and clients wait until `reload` or `scale`'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -f -a "events" -d 'Print what happened last: births, deaths and their causes, saturation'
complete -c prefork-echo -n "__fish_prefork_echo_needs_command" -f -a "health" -d 'Exit with 0 when the pool takes connections, with 1 when not: for health checks'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand run" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -f -a "show" -d 'Print each value in force, with its origin'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and not __fish_seen_subcommand_from show default" -f -a "default" -d 'Print the built-in configuration as a commented file'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand config; and __fish_seen_subcommand_from default" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -l json -d 'As JSON: one document, described by docs/status.schema.json'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand status" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand top" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -l json -d 'As JSON: what the status says of the queues, under the same keys'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand queue" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -l json -d 'As JSON: a line with `ok`, `text`, `generation` and `took_seconds`, also when it has failed'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reload" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -l json -d 'As JSON: a line with `ok`, `text`, `generation` and `took_seconds`, also when it has failed'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand scale" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -l json -d 'As JSON: a line with `ok`, `text`, `generation` and `took_seconds`, also when it has failed'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand upgrade" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -l json -d 'As JSON: a line with `ok`, `text`, `generation` and `took_seconds`, also when it has failed'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand reopen" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -l now -d 'Do not wait for anybody'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand stop" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand drain" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -l json -d 'As JSON: one document, described by docs/events.schema.json'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand events" -s h -l help -d 'Print help'
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l listen -d 'Where to listen: "host:port", "[::]:port" for both families, "unix:/path" or "unix:/path?mode=0660"; sockets that a service manager passes take its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l backlog -d 'How many connections may wait in the accept queue, 1 to 65535; net.core.somaxconn clamps it' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l transform -d 'What happens to the bytes: "uppercase", or "none" for the echo of RFC 862' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l control -d 'Where the master answers `status` and the other commands: "@name" for an abstract unix socket, "/path", or "auto": "@prefork-echo-PORT" with the first port' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l pid-file -d 'A file for the pid of the master, locked while it lives, gone with it; "none": no such file' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l proxy-from -d 'Prefixes of the proxies whose connections begin with a PROXY protocol header, version 1 or 2, which tells the peer: "10.0.0.0/8"; what others send is data' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l workers -d 'How many worker processes, 1 to 1024; "auto": the CPUs this process may use (affinity and cgroup quota); { min = 1, max = 8 }, as a flag 1..8: as many as are needed' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l grow-after -d 'How long somebody may wait in the accept queue before a pool with a range of workers grows' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l threads -d 'How many connections each worker serves at once; workers x threads is 65536 at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l sleep -d 'Pretended work per message: time asleep, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l cpu -d 'Pretended work per message: CPU time, up to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l distribution -d 'How sleep and cpu differ from message to message: "fixed", they do not, or "exponential" with these means, each draw 1h at most' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l timeouts-idle -d 'How long a peer may send nothing; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l timeouts-write -d 'How long a peer may take nothing of a reply that waits for it; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l timeouts-drain -d 'How long open connections may go on after a stop; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l timeouts-drain-idle -d 'How long a peer may send nothing while its worker drains; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l timeouts-start -d 'How long a worker may take to get ready; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l timeouts-grace -d 'How long a pool that is told to stop still accepts, while it says that it is not ready: for load balancers; 0s = not at all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l timeouts-stuck -d 'How long a busy worker may give no sign of life before it is aborted and replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l timeouts-first-byte -d 'How long a peer that was accepted may take to send its first byte, and a proxy its header, behind which the time begins anew; 0s = as long as timeouts.idle, and 5s for a header' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l timeouts-lifetime -d 'How long a connection may last, and to the end of the answer that is in work then; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l timeouts-idle-saturated -d 'How long a peer may send nothing while others wait for a slot: no more are closed than wait, those first that have been silent longest; 0s = as long as otherwise' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-generations -d 'How many earlier generations may still finish their connections, 1 to 64; the next reload waits for one to leave' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-respawns -d 'How many respawns there may be within limits.respawn_interval before the pool is degraded and not ready; 0 = any number' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-respawn-interval -d 'The time within which respawns are counted, and without any of which the pool is no longer degraded, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-crash-loop -d 'What a pool does whose workers die too often: "stay", and go on trying, or "exit", when those who are there are served' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-connections-per-worker -d 'How many connections a worker accepts, less a tenth at most, before it is replaced; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-worker-age -d 'How long a worker lives, less a tenth at most, before it is replaced; 0s = for ever' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-worker-memory -d 'How much resident memory a worker may have before it is replaced: "512MiB"; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-per-peer -d 'How many connections a peer may have in slots at once, by its address or prefix; 0 = no limit' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-per-peer-ipv4 -d 'How many bits of an IPv4 address make a peer of limits.per_peer, 1 to 32' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-per-peer-ipv6 -d 'The same of an IPv6 address, 1 to 128' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-queue-wait -d 'Who has waited longer than this in the accept queue is refused when its turn comes; 0s = nobody' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-queue-wait-answer -d 'What they get: "reset", or "busy", which is that word in a line and the end' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-min-rate -d 'Bytes per second, sent and taken together, that a peer must reach while it is waited for, beyond limits.min_rate_after: "1KiB"; 0 = any' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-min-rate-after -d 'How long a peer may be slower than that, or silent, 1s to 1h' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-allow -d 'The addresses and prefixes that may connect: "10.0.0.0/8"; an empty list = all' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l limits-deny -d 'The addresses and prefixes that may not, whatever limits.allow says' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l security-user -d 'Whom workers and monitor run as, if the master runs as root: a name or a number; "auto": nobody; "none": as the master' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l security-group -d 'Their group; "auto": that of the user' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l security-sandbox -d 'Whether they are confined by Landlock and seccomp: "preferred", as far as the kernel can, "required", or not at all, or "off"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l monitor-listen -d 'Where a process of its own serves the live page, /metrics, /status.json, /events, /healthz and /readyz by HTTP: "host:port"; "none": nowhere; a socket named monitor that a service manager passes takes its place' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l log-file -d 'The file that the log is appended to; "stderr": standard error' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l log-level -d 'The least level that is logged: "error", "warn", "info", "debug" or "trace"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l log-format -d 'How a line of the log is written: "text" or "json"' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l log-access -d 'Whether each connection gets a line in the log when it closes' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -l log-access-sample -d 'One of how many connections gets its line, 1 to 1000000; 1 = each' -r
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -s c -l config -d 'The configuration [default: ./config.toml if it is there, else what is built in]' -r -F
complete -c prefork-echo -n "__fish_prefork_echo_using_subcommand health" -s h -l help -d 'Print help'
