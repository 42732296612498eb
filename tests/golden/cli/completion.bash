# Completion of perennial for bash; made by `perennial completion bash`.
_perennial() {
    COMPREPLY=()
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command="" commands="" options="" files="" i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --agent | --certificate | --certificate-file | --config | --expires | --expiring-within | --group | --host | --key-file | --key-type | --kind | --label | --log | --name | --password-file | --policy | --reason | --repository | --serial | --since | --state | --template | --ttl | --valid-for | --vkey | -n)
                ((i++))
                continue
                ;;
        esac
        case "$command ${COMP_WORDS[i]}" in
            " status" | \
            " agents" | \
            " agents list" | \
            " agents revoke" | \
            " agents release" | \
            " certificates" | \
            " renewals" | \
            " renewals show" | \
            " renew" | \
            " policies" | \
            " policies show" | \
            " policies check" | \
            " policies manifest" | \
            " policies refresh" | \
            " audit" | \
            " audit tail" | \
            " audit verify" | \
            " audit prove" | \
            " audit consistency" | \
            " join-token" | \
            " join-token create" | \
            " join-token list" | \
            " join-token revoke" | \
            " enrollment" | \
            " enrollment requests" | \
            " enrollment approve" | \
            " enrollment deny" | \
            " enrollment certificates" | \
            " enrollment events" | \
            " enrollment revoke" | \
            " enrollment crl" | \
            " enrollment crl show" | \
            " enrollment crl publish" | \
            " enrollment templates" | \
            " enrollment templates check" | \
            " enrollment users" | \
            " enrollment users add" | \
            " enrollment users remove" | \
            " enrollment issue-test" | \
            " completion" | \
            " completion bash" | \
            " completion zsh" | \
            " completion fish" | \
            " help")
                command+=" ${COMP_WORDS[i]}"
                ;;
        esac
    done
    case $before in
        --state)
            mapfile -t COMPREPLY < <(compgen -W "pending issued denied" -- "$word")
            return
            ;;
        --reason)
            mapfile -t COMPREPLY < <(compgen -W "unspecified keyCompromise cACompromise affiliationChanged superseded cessationOfOperation certificateHold removeFromCRL privilegeWithdrawn aACompromise" -- "$word")
            return
            ;;
        --kind)
            mapfile -t COMPREPLY < <(compgen -W "base delta" -- "$word")
            return
            ;;
        --key-type)
            mapfile -t COMPREPLY < <(compgen -W "ec-p256 ec-p384 rsa-2048 rsa-3072 rsa-4096" -- "$word")
            return
            ;;
        --certificate-file | --config | --key-file | --password-file | --since | --vkey)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return
            ;;
        --log)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$word")
            return
            ;;
        --agent | --certificate | --expires | --expiring-within | --group | --host | --key-type | --kind | --label | --name | --policy | --reason | --repository | --serial | --state | --template | --ttl | --valid-for | -n)
            return
            ;;
    esac
    case $command in
        "")
            commands="status agents certificates renewals renew policies audit join-token enrollment completion help"
            options="--version -h --help --config --check-config --json"
            ;;
        " status")
            options="-h --help --version --config --check-config --json"
            ;;
        " agents")
            commands="list revoke release"
            options="-h --help --version --config --check-config --json"
            ;;
        " agents list")
            options="-h --help --version --config --check-config --json"
            ;;
        " agents revoke")
            options="-h --help --version --config --check-config --json"
            ;;
        " agents release")
            options="-h --help --version --config --check-config --json"
            ;;
        " certificates")
            options="-h --help --agent --policy --name --expiring-within --version --config --check-config --json"
            ;;
        " renewals")
            commands="show"
            options="-h --help --version --config --check-config --json"
            ;;
        " renewals show")
            options="-h --help --version --config --check-config --json"
            ;;
        " renew")
            options="-h --help --certificate --serial --wait --version --config --check-config --json"
            ;;
        " policies")
            commands="show check manifest refresh"
            options="-h --help --version --config --check-config --json"
            ;;
        " policies show")
            options="-h --help --version --config --check-config --json"
            ;;
        " policies check")
            files=yes
            options="-h --help --version --config --check-config --json"
            ;;
        " policies manifest")
            options="-h --help --expires --repository --version --config --check-config --json"
            ;;
        " policies refresh")
            options="-h --help --version --config --check-config --json"
            ;;
        " audit")
            commands="tail verify prove consistency"
            options="-h --help --version --config --check-config --json"
            ;;
        " audit tail")
            options="-h --help -n -f --follow --version --config --check-config --json"
            ;;
        " audit verify")
            options="-h --help --log --vkey --since --version --config --check-config --json"
            ;;
        " audit prove")
            options="-h --help --log --vkey --version --config --check-config --json"
            ;;
        " audit consistency")
            options="-h --help --log --since --vkey --version --config --check-config --json"
            ;;
        " join-token")
            commands="create list revoke"
            options="-h --help --version --config --check-config --json"
            ;;
        " join-token create")
            options="-h --help --host --label --ttl --version --config --check-config --json"
            ;;
        " join-token list")
            options="-h --help --version --config --check-config --json"
            ;;
        " join-token revoke")
            options="-h --help --version --config --check-config --json"
            ;;
        " enrollment")
            commands="requests approve deny certificates events revoke crl templates users issue-test"
            options="-h --help --version --config --check-config --json"
            ;;
        " enrollment requests")
            options="-h --help --state --version --config --check-config --json"
            ;;
        " enrollment approve")
            options="-h --help --version --config --check-config --json"
            ;;
        " enrollment deny")
            options="-h --help --reason --version --config --check-config --json"
            ;;
        " enrollment certificates")
            options="-h --help --version --config --check-config --json"
            ;;
        " enrollment events")
            options="-h --help --version --config --check-config --json"
            ;;
        " enrollment revoke")
            options="-h --help --reason --version --config --check-config --json"
            ;;
        " enrollment crl")
            commands="show publish"
            options="-h --help --version --config --check-config --json"
            ;;
        " enrollment crl show")
            options="-h --help --version --config --check-config --json"
            ;;
        " enrollment crl publish")
            options="-h --help --kind --version --config --check-config --json"
            ;;
        " enrollment templates")
            commands="check"
            options="-h --help --version --config --check-config --json"
            ;;
        " enrollment templates check")
            options="-h --help --version --config --check-config --json"
            ;;
        " enrollment users")
            commands="add remove"
            options="-h --help --version --config --check-config --json"
            ;;
        " enrollment users add")
            options="-h --help --password-file --group --version --config --check-config --json"
            ;;
        " enrollment users remove")
            options="-h --help --version --config --check-config --json"
            ;;
        " enrollment issue-test")
            options="-h --help --template --name --key-type --valid-for --certificate-file --key-file --version --config --check-config --json"
            ;;
        " completion")
            commands="bash zsh fish"
            options="-h --help --version --config --check-config --json"
            ;;
        " completion bash")
            options="-h --help --version --config --check-config --json"
            ;;
        " completion zsh")
            options="-h --help --version --config --check-config --json"
            ;;
        " completion fish")
            options="-h --help --version --config --check-config --json"
            ;;
        " help")
            options="-h --help --version --config --check-config --json"
            ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    elif [[ -n $files ]]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
    fi
}
complete -F _perennial perennial
