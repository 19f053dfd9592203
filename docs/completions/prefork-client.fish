# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_prefork_client_global_optspecs
    string join \n c/connections= m/message= n/count= i/interval= hold= timeout= retry= transform= monitor= json ascii h/help V/version
end

function __fish_prefork_client_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_prefork_client_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_prefork_client_using_subcommand
    set -l cmd (__fish_prefork_client_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c prefork-client -n "__fish_prefork_client_needs_command" -s c -l connections -d 'Connections to open at once, 1 to 10000 [default: two more than the server has slots, at most 500; 6 if it does not tell]' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -s m -l message -d 'What each connection sends; {lane} is its number' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -s n -l count -d 'How often each connection sends it, 1 to 1000000 [default: 10 in the live view, else 3]' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -s i -l interval -d 'Pause between an echo and the next message' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -l hold -d 'How long to keep the connection open after the last echo' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -l timeout -d 'How long to wait for a connection, and for an echo [default: 1m, or as long as --hold]' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -l retry -d 'How long to try again while the server is not up: refused, no such socket or name' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -l transform -d 'What the server does to the bytes that it sends back' -r -f -a "uppercase\t'ASCII letters become upper case, every other byte stays as it is'
none\t'Nothing: the echo of RFC 862'"
complete -c prefork-client -n "__fish_prefork_client_needs_command" -l monitor -d 'Where the server\'s monitor is, to learn who serves whom; `none` asks nobody [default: the control socket of a server on this machine, then the next port]' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -l json -d 'Print a JSON object per event and a summary object at the end'
complete -c prefork-client -n "__fish_prefork_client_needs_command" -l ascii -d 'Draw with ASCII alone, as where the locale is not UTF-8'
complete -c prefork-client -n "__fish_prefork_client_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c prefork-client -n "__fish_prefork_client_needs_command" -s V -l version -d 'Print version'
complete -c prefork-client -n "__fish_prefork_client_needs_command" -a "watch" -d 'Open many connections at once and show who is served and who waits'
complete -c prefork-client -n "__fish_prefork_client_needs_command" -a "talk" -d 'Hold one conversation: a prompt on a terminal, a pipe otherwise'
complete -c prefork-client -n "__fish_prefork_client_needs_command" -a "map" -d 'Send every line of standard input through several connections, and write what comes back'
complete -c prefork-client -n "__fish_prefork_client_needs_command" -a "bench" -d 'Measure how much the server serves and how fast, and verify every byte'
complete -c prefork-client -n "__fish_prefork_client_needs_command" -a "plan" -d 'Calculate how long clients wait, or how many slots keep the wait short'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -s c -l connections -d 'Connections to open at once, 1 to 10000 [default: two more than the server has slots, at most 500; 6 if it does not tell]' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -s m -l message -d 'What each connection sends; {lane} is its number' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -s n -l count -d 'How often each connection sends it, 1 to 1000000 [default: 10 in the live view, else 3]' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -s i -l interval -d 'Pause between an echo and the next message' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -l hold -d 'How long to keep the connection open after the last echo' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -l timeout -d 'How long to wait for a connection, and for an echo [default: 1m, or as long as --hold]' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -l retry -d 'How long to try again while the server is not up: refused, no such socket or name' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -l transform -d 'What the server does to the bytes that it sends back' -r -f -a "uppercase\t'ASCII letters become upper case, every other byte stays as it is'
none\t'Nothing: the echo of RFC 862'"
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -l monitor -d 'Where the server\'s monitor is, to learn who serves whom; `none` asks nobody [default: the control socket of a server on this machine, then the next port]' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -l json -d 'Print a JSON object per event and a summary object at the end'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -l ascii -d 'Draw with ASCII alone, as where the locale is not UTF-8'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand talk" -l timeout -d 'How long to wait for the connection' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand talk" -l retry -d 'How long to try again while the server is not up [default: 0s at the start, 10s when the prompt has lost it]' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand talk" -l transform -d 'What the server does to the bytes that it sends back; for the prompt, which compares' -r -f -a "uppercase\t'ASCII letters become upper case, every other byte stays as it is'
none\t'Nothing: the echo of RFC 862'"
complete -c prefork-client -n "__fish_prefork_client_using_subcommand talk" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand map" -s c -l connections -d 'Connections to use (1 to 1000)' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand map" -l timeout -d 'How long to wait for a connection, and for an echo' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand map" -l retry -d 'How long to try again while the server is not up: refused, no such socket or name' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand map" -l transform -d 'What the server does to the bytes that it sends back' -r -f -a "uppercase\t'ASCII letters become upper case, every other byte stays as it is'
none\t'Nothing: the echo of RFC 862'"
complete -c prefork-client -n "__fish_prefork_client_using_subcommand map" -l unordered -d 'Write lines as they come back; each stays whole, and may be 16 MiB long'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand map" -l json -d 'Print the summary to stderr as a JSON object'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand map" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -s c -l connections -d 'Connections, all from one thread (1 to 10000) [default: 4; with --rate and --reconnect at most 1024 at a time]' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -s d -l duration -d 'For how long requests are sent and counted' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -s n -l requests -d 'End after so many requests, if they are done earlier' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -s s -l size -d 'Bytes of each message, random letters and digits: 64, 16k, 1m (up to 64m)' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -s m -l message -d 'Send this text instead' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l rate -d 'Requests per second at fixed times, whatever the server does: 500, 2k, 30/m' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l arrivals -d 'How these are spread over time' -r -f -a "poisson\t'At random, as from many people who know nothing of each other'
constant\t'One after another at the same distance, as from a clock'"
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l seed -d 'Of the random times: the same seed gives the same ones' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l slots -d 'How many connections the server serves at once [default: as it tells]' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l distribution -d 'How the times differ for which it serves them [default: as they turn out]' -r -f -a "exponential\t'As chance has it: most are short, a few are long'
fixed\t'They are all the same'"
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l monitor -d 'Where the server\'s monitor is, to learn its slots; `none` asks nobody [default: the control socket of a server on this machine, then the next port]' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l warm-up -d 'Send requests for so long before any is counted' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l connect-timeout -d 'How long a connection may take to stand' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l timeout -d 'How long a connection may be silent while an echo is due' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l retry -d 'How long to try again while the server is not up: refused, no such socket or name' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l transform -d 'What the server does to the bytes that it sends back' -r -f -a "uppercase\t'ASCII letters become upper case, every other byte stays as it is'
none\t'Nothing: the echo of RFC 862'"
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l compare -d 'Compare with the result of an earlier run, which --json has printed into this file' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l reconnect -d 'A connection per request: connect, send, get the echo, half-close, wait until the server has closed'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l predict -d 'Compare the waits with what queueing theory predicts from arrivals, slots, and how long these were held'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l json -d 'Print the result as a JSON object'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -l csv -d 'Print a line of CSV for each second'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand bench" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand plan" -l rate -d 'Connections that arrive: 300 (per second), 2k, 30/m' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand plan" -l service -d 'How long a connection holds its slot, on average' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand plan" -l slots -d 'How many slots there are: workers × threads. With a target: find how many replicas with so many slots each it takes' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand plan" -l replicas -d 'So many replicas share the arrivals, each with the slots that are given or looked for' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand plan" -l target-wait -d 'Find the least slots for which the mean wait is this at most' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand plan" -l target-p99 -d 'Find the least slots for which 99 of 100 wait this long at most' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand plan" -l target-chance -d 'Find the least slots for which so many wait at all: 5%, 0.05' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand plan" -l distribution -d 'How the times differ for which slots are held' -r -f -a "exponential\t'As chance has it: most are short, a few are long'
fixed\t'They are all the same'"
complete -c prefork-client -n "__fish_prefork_client_using_subcommand plan" -l cv -d 'Their coefficient of variation instead: the standard deviation by the mean, 0 to 100' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand plan" -l backlog -d 'How many may wait in the accept queue: when is it full, if the slots cannot keep up?' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand plan" -l json -d 'Print a JSON object'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
