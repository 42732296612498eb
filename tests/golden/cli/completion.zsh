#compdef perennial
# Completion of perennial for zsh; made by `perennial completion zsh`.
_perennial() {
    local command='' i
    local -a commands options
    for ((i = 2; i < CURRENT; i++)); do
        case ${words[i]} in
            (--agent|--certificate|--certificate-file|--config|--expires|--expiring-within|--group|--host|--key-file|--key-type|--kind|--label|--log|--name|--password-file|--policy|--reason|--repository|--serial|--since|--state|--template|--ttl|--valid-for|--vkey|-n) ((i++)); continue ;;
        esac
        case "$command ${words[i]}" in
            (' status'|\
            ' agents'|\
            ' agents list'|\
            ' agents revoke'|\
            ' agents release'|\
            ' certificates'|\
            ' renewals'|\
            ' renewals show'|\
            ' renew'|\
            ' policies'|\
            ' policies show'|\
            ' policies check'|\
            ' policies manifest'|\
            ' policies refresh'|\
            ' audit'|\
            ' audit tail'|\
            ' audit verify'|\
            ' audit prove'|\
            ' audit consistency'|\
            ' join-token'|\
            ' join-token create'|\
            ' join-token list'|\
            ' join-token revoke'|\
            ' enrollment'|\
            ' enrollment requests'|\
            ' enrollment approve'|\
            ' enrollment deny'|\
            ' enrollment certificates'|\
            ' enrollment events'|\
            ' enrollment revoke'|\
            ' enrollment crl'|\
            ' enrollment crl show'|\
            ' enrollment crl publish'|\
            ' enrollment templates'|\
            ' enrollment templates check'|\
            ' enrollment users'|\
            ' enrollment users add'|\
            ' enrollment users remove'|\
            ' enrollment issue-test'|\
            ' completion'|\
            ' completion bash'|\
            ' completion zsh'|\
            ' completion fish'|\
            ' help') command+=" ${words[i]}" ;;
        esac
    done
    case ${words[CURRENT - 1]} in
        (--state) compadd pending issued denied; return ;;
        (--reason) compadd unspecified keyCompromise cACompromise affiliationChanged superseded cessationOfOperation certificateHold removeFromCRL privilegeWithdrawn aACompromise; return ;;
        (--kind) compadd base delta; return ;;
        (--key-type) compadd ec-p256 ec-p384 rsa-2048 rsa-3072 rsa-4096; return ;;
        (--certificate-file|--config|--key-file|--password-file|--since|--vkey) _files; return ;;
        (--log) _files -/; return ;;
        (--agent|--certificate|--expires|--expiring-within|--group|--host|--key-type|--kind|--label|--name|--policy|--reason|--repository|--serial|--state|--template|--ttl|--valid-for|-n) _message value; return ;;
    esac
    case $command in
        ('')
            commands=(
                'status:one page of what matters'
                'agents:joined agents'
                'certificates:every certificate of every agent'
                'renewals:renewals and how they went, newest first'
                'renew:renew one certificate now'
                'policies:what is applied, and what was refused'
                'audit:the audit log'
                'join-token:one-time tokens with which agents join'
                'enrollment:perennial-enrollment: requests and certificates'
                'completion:a shell'\''s completion of this command line'
                'help:what a command does and how it is written'
            )
            options=(
                '--version:print the version'
                '-h:print this help'
                '--help:print this help'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' status')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' agents')
            commands=(
                'list:joined agents'
                'revoke:ban an agent at once'
                'release:end the quarantine of an agent that was heard twice'
            )
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' agents list')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' agents revoke')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' agents release')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' certificates')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--agent:of this agent (id)'
                '--policy:ruled by this policy'
                '--name:with this name'
                '--expiring-within:such as 30d'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' renewals')
            commands=(
                'show:one renewal with its audit events'
            )
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' renewals show')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' renew')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--certificate:the certificate with this name'
                '--serial:the certificate with this serial number'
                '--wait:until it has ended; exit status 0 only when the new certificate is in place'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' policies')
            commands=(
                'show:what is applied, and what was refused'
                'check:check documents on this machine, as a controller would; exit status 2 when one is wrong'
                'manifest:write .perennial/manifest.json of a policy repository, to be signed with ssh-keygen'
                'refresh:have the controller fetch now'
            )
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' policies show')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' policies check')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            [[ ${words[CURRENT]} == -* ]] || { _files; return }
            ;;
        (' policies manifest')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--expires:how long it counts, as in 90d; sign again before that'
                '--repository:the name of the set, for the first manifest; it never changes'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' policies refresh')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' audit')
            commands=(
                'tail:the newest events'
                'verify:check a log on this machine; exit status 1 when it is bad'
                'prove:prove that one event is in a log'
                'consistency:prove that a log only grew since a checkpoint kept from earlier'
            )
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' audit tail')
            options=(
                '-h:print this help'
                '--help:print this help'
                '-n:so many'
                '-f:go on with what comes; JSON is one a line'
                '--follow:go on with what comes; JSON is one a line'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' audit verify')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--log:the log'\''s folder, or a copy of it'
                '--vkey:the log'\''s public key, kept elsewhere'
                '--since:a checkpoint kept from earlier'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' audit prove')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--log:the log'\''s folder, or a copy of it'
                '--vkey:the log'\''s public key; that in its folder when left out'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' audit consistency')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--log:the log'\''s folder, or a copy of it'
                '--since:the checkpoint kept from earlier'
                '--vkey:the log'\''s public key; that in its folder when left out'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' join-token')
            commands=(
                'create:make one; shown only this time'
                'list:tokens without their secrets'
                'revoke:revoke an unused one'
            )
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' join-token create')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--host:the host it is for'
                '--label:key=value, given to the agent; may be repeated'
                '--ttl:how long it counts'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' join-token list')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' join-token revoke')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment')
            commands=(
                'requests:requests, newest first'
                'approve:issue what was asked for'
                'deny:refuse what was asked for'
                'certificates:issued certificates'
                'events:what the service did'
                'revoke:take a certificate back, or with removeFromCRL a hold'
                'crl:certificate revocation lists'
                'templates:templates that the service holds'
                'users:users of the service'\''s own file, and their groups'
                'issue-test:issue a certificate for trying things out, with a key that is made here'
            )
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment requests')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--state:pending, issued or denied'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment approve')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment deny')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--reason:kept with the request'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment certificates')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment events')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment revoke')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--reason:a reason of RFC 5280'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment crl')
            commands=(
                'show:what is published; --json has the CRLs in PEM'
                'publish:publish now'
            )
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment crl show')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment crl publish')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--kind:base (the default) or delta'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment templates')
            commands=(
                'check:check a folder of templates on this machine, and name what is risky (ESC1 to ESC17); exit status 2 when the service would refuse it'
            )
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment templates check')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment users')
            commands=(
                'add:add a user, or change password and groups'
                'remove:remove a user'
            )
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment users add')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--password-file:mode 0600'
                '--group:may be repeated; those from before are replaced'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment users remove')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' enrollment issue-test')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--template:template of the service'
                '--name:DNS name, one that the template allows'
                '--key-type:ec-p256 when left out'
                '--valid-for:24h when left out'
                '--certificate-file:written; must not exist'
                '--key-file:written, mode 0600; must not exist'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' completion')
            commands=(
                'bash:for bash'
                'zsh:for zsh'
                'fish:for fish'
            )
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' completion bash')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' completion zsh')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' completion fish')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
        (' help')
            options=(
                '-h:print this help'
                '--help:print this help'
                '--version:print the version'
                '--config:perennial.yaml'
                '--check-config:read the configuration and the files that it names, say what is wrong, and end'
                '--json:print JSON, as the API gives it'
            )
            ;;
    esac
    if [[ ${words[CURRENT]} == -* ]]; then
        _describe -o option options
    else
        _describe command commands
    fi
}
if [[ ${funcstack[1]} == _perennial ]]; then
    _perennial "$@"
else
    compdef _perennial perennial
fi
