_prefork__echo() {
    local i cur prev opts cmd
    COMPREPLY=()
    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        cur="$2"
    else
        cur="${COMP_WORDS[COMP_CWORD]}"
    fi
    prev="$3"
    cmd=""
    opts=""

    for i in "${COMP_WORDS[@]:0:COMP_CWORD}"
    do
        case "${cmd},${i}" in
            ",$1")
                cmd="prefork__echo"
                ;;
            prefork__echo,check)
                cmd="prefork__echo__subcmd__check"
                ;;
            prefork__echo,config)
                cmd="prefork__echo__subcmd__config"
                ;;
            prefork__echo,drain)
                cmd="prefork__echo__subcmd__drain"
                ;;
            prefork__echo,events)
                cmd="prefork__echo__subcmd__events"
                ;;
            prefork__echo,health)
                cmd="prefork__echo__subcmd__health"
                ;;
            prefork__echo,queue)
                cmd="prefork__echo__subcmd__queue"
                ;;
            prefork__echo,reload)
                cmd="prefork__echo__subcmd__reload"
                ;;
            prefork__echo,reopen)
                cmd="prefork__echo__subcmd__reopen"
                ;;
            prefork__echo,run)
                cmd="prefork__echo__subcmd__run"
                ;;
            prefork__echo,scale)
                cmd="prefork__echo__subcmd__scale"
                ;;
            prefork__echo,status)
                cmd="prefork__echo__subcmd__status"
                ;;
            prefork__echo,stop)
                cmd="prefork__echo__subcmd__stop"
                ;;
            prefork__echo,top)
                cmd="prefork__echo__subcmd__top"
                ;;
            prefork__echo,upgrade)
                cmd="prefork__echo__subcmd__upgrade"
                ;;
            prefork__echo__subcmd__config,default)
                cmd="prefork__echo__subcmd__config__subcmd__default"
                ;;
            prefork__echo__subcmd__config,show)
                cmd="prefork__echo__subcmd__config__subcmd__show"
                ;;
            *)
                ;;
        esac
    done

    case "${cmd}" in
        prefork__echo)
            opts="-c -h -V --config --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --help --version run check config status top queue reload scale upgrade reopen stop drain events health"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__check)
            opts="-c -h --config --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__config)
            opts="-c -h --config --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --help show default"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__config__subcmd__default)
            opts="-c -h --config --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__config__subcmd__show)
            opts="-c -h --config --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__drain)
            opts="-c -h --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --config --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__events)
            opts="-c -h --json --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --config --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__health)
            opts="-c -h --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --config --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__queue)
            opts="-c -h --json --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --config --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__reload)
            opts="-c -h --json --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --config --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__reopen)
            opts="-c -h --json --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --config --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__run)
            opts="-c -h --config --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__scale)
            opts="-c -h --json --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --config --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__status)
            opts="-c -h --json --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --config --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__stop)
            opts="-c -h --now --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --config --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__top)
            opts="-c -h --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --config --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        prefork__echo__subcmd__upgrade)
            opts="-c -h --json --listen --backlog --transform --control --pid-file --proxy-from --workers --grow-after --threads --sleep --cpu --distribution --timeouts-idle --timeouts-write --timeouts-drain --timeouts-drain-idle --timeouts-start --timeouts-grace --timeouts-stuck --timeouts-first-byte --timeouts-lifetime --timeouts-idle-saturated --limits-generations --limits-respawns --limits-respawn-interval --limits-crash-loop --limits-connections-per-worker --limits-worker-age --limits-worker-memory --limits-per-peer --limits-per-peer-ipv4 --limits-per-peer-ipv6 --limits-queue-wait --limits-queue-wait-answer --limits-min-rate --limits-min-rate-after --limits-allow --limits-deny --security-user --security-group --security-sandbox --monitor-listen --log-file --log-level --log-format --log-access --log-access-sample --config --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --backlog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --transform)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --control)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pid-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --proxy-from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --workers)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grow-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --threads)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sleep)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --distribution)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-write)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-drain-idle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-start)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-grace)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-stuck)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-first-byte)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-lifetime)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timeouts-idle-saturated)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-generations)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawns)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-respawn-interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-crash-loop)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-connections-per-worker)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-age)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-worker-memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv4)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-per-peer-ipv6)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-queue-wait-answer)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-min-rate-after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-allow)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --limits-deny)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --security-sandbox)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --monitor-listen)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-file)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-level)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --log-access-sample)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --config)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                -c)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
    esac
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _prefork__echo -o nosort -o bashdefault -o default prefork-echo
else
    complete -F _prefork__echo -o bashdefault -o default prefork-echo
fi
