# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_prefork_client_global_optspecs
    string join \n c/connections= m/message= n/count= i/interval= hold= timeout= retry= transform= json h/help V/version
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

complete -c prefork-client -n "__fish_prefork_client_needs_command" -s c -l connections -d 'Connections to open at once (1 to 10000)' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -s m -l message -d 'What each connection sends; {lane} is its number' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -s n -l count -d 'How often each connection sends it (1 to 1000000)' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -s i -l interval -d 'Pause between an echo and the next message' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -l hold -d 'How long to keep the connection open after the last echo' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -l timeout -d 'How long to wait for a connection, and for an echo' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -l retry -d 'How long to try again while the server is not up: refused, no such socket or name' -r
complete -c prefork-client -n "__fish_prefork_client_needs_command" -l transform -d 'What the server does to the bytes that it sends back' -r -f -a "uppercase\t'ASCII letters become upper case, every other byte stays as it is'
none\t'Nothing: the echo of RFC 862'"
complete -c prefork-client -n "__fish_prefork_client_needs_command" -l json -d 'Print a JSON object per event and a summary object at the end'
complete -c prefork-client -n "__fish_prefork_client_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c prefork-client -n "__fish_prefork_client_needs_command" -s V -l version -d 'Print version'
complete -c prefork-client -n "__fish_prefork_client_needs_command" -a "watch" -d 'Open many connections at once and show who is served and who waits'
complete -c prefork-client -n "__fish_prefork_client_needs_command" -a "talk" -d 'Hold one conversation: a prompt on a terminal, a pipe otherwise'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -s c -l connections -d 'Connections to open at once (1 to 10000)' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -s m -l message -d 'What each connection sends; {lane} is its number' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -s n -l count -d 'How often each connection sends it (1 to 1000000)' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -s i -l interval -d 'Pause between an echo and the next message' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -l hold -d 'How long to keep the connection open after the last echo' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -l timeout -d 'How long to wait for a connection, and for an echo' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -l retry -d 'How long to try again while the server is not up: refused, no such socket or name' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -l transform -d 'What the server does to the bytes that it sends back' -r -f -a "uppercase\t'ASCII letters become upper case, every other byte stays as it is'
none\t'Nothing: the echo of RFC 862'"
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -l json -d 'Print a JSON object per event and a summary object at the end'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c prefork-client -n "__fish_prefork_client_using_subcommand talk" -l timeout -d 'How long to wait for the connection' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand talk" -l retry -d 'How long to try again while the server is not up' -r
complete -c prefork-client -n "__fish_prefork_client_using_subcommand talk" -s h -l help -d 'Print help'
