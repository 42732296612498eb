# Completion of perennial for fish; made by `perennial completion fish`.
# The commands before the cursor, after the program's name.
function __perennial_command
    set -l command perennial
    set -l skip no
    for word in (commandline -opc)[2..-1]
        if test $skip = yes
            set skip no
            continue
        end
        switch $word
            case --agent --certificate --config --expiring-within --host --kind --label --log --name --policy --reason --serial --since --state --ttl --vkey -n
                set skip yes
                continue
        end
        switch "$command $word"
            case 'perennial status' \
                'perennial agents' \
                'perennial agents list' \
                'perennial agents revoke' \
                'perennial certificates' \
                'perennial renewals' \
                'perennial renewals show' \
                'perennial renew' \
                'perennial policies' \
                'perennial policies show' \
                'perennial policies check' \
                'perennial policies refresh' \
                'perennial audit' \
                'perennial audit tail' \
                'perennial audit verify' \
                'perennial audit prove' \
                'perennial audit consistency' \
                'perennial join-token' \
                'perennial join-token create' \
                'perennial join-token list' \
                'perennial join-token revoke' \
                'perennial enrollment' \
                'perennial enrollment requests' \
                'perennial enrollment approve' \
                'perennial enrollment deny' \
                'perennial enrollment certificates' \
                'perennial enrollment events' \
                'perennial enrollment revoke' \
                'perennial enrollment crl' \
                'perennial enrollment crl show' \
                'perennial enrollment crl publish' \
                'perennial completion' \
                'perennial completion bash' \
                'perennial completion zsh' \
                'perennial completion fish' \
                'perennial help'
                set command "$command $word"
        end
    end
    echo $command
end
function __perennial_at
    test (__perennial_command) = "$argv"
end
complete -c perennial -f
complete -c perennial -n '__perennial_at perennial' -a status -d 'one page of what matters'
complete -c perennial -n '__perennial_at perennial' -a agents -d 'joined agents'
complete -c perennial -n '__perennial_at perennial' -a certificates -d 'every certificate of every agent'
complete -c perennial -n '__perennial_at perennial' -a renewals -d 'renewals and how they went, newest first'
complete -c perennial -n '__perennial_at perennial' -a renew -d 'renew one certificate now'
complete -c perennial -n '__perennial_at perennial' -a policies -d 'what is applied, and what was refused'
complete -c perennial -n '__perennial_at perennial' -a audit -d 'the audit log'
complete -c perennial -n '__perennial_at perennial' -a join-token -d 'one-time tokens with which agents join'
complete -c perennial -n '__perennial_at perennial' -a enrollment -d 'perennial-enrollment: requests and certificates'
complete -c perennial -n '__perennial_at perennial' -a completion -d 'a shell\'s completion of this command line'
complete -c perennial -n '__perennial_at perennial' -a help -d 'what a command does and how it is written'
complete -c perennial -n '__perennial_at perennial' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial status' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial status' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial status' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial status' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial status' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial agents' -a list -d 'joined agents'
complete -c perennial -n '__perennial_at perennial agents' -a revoke -d 'ban an agent at once'
complete -c perennial -n '__perennial_at perennial agents' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial agents' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial agents' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial agents' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial agents' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial agents list' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial agents list' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial agents list' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial agents list' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial agents list' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial agents revoke' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial agents revoke' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial agents revoke' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial agents revoke' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial agents revoke' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial certificates' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial certificates' -l agent -x -d 'of this agent (id)'
complete -c perennial -n '__perennial_at perennial certificates' -l policy -x -d 'ruled by this policy'
complete -c perennial -n '__perennial_at perennial certificates' -l name -x -d 'with this name'
complete -c perennial -n '__perennial_at perennial certificates' -l expiring-within -x -d 'such as 30d'
complete -c perennial -n '__perennial_at perennial certificates' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial certificates' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial certificates' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial certificates' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial renewals' -a show -d 'one renewal with its audit events'
complete -c perennial -n '__perennial_at perennial renewals' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial renewals' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial renewals' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial renewals' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial renewals' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial renewals show' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial renewals show' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial renewals show' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial renewals show' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial renewals show' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial renew' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial renew' -l certificate -x -d 'the certificate with this name'
complete -c perennial -n '__perennial_at perennial renew' -l serial -x -d 'the certificate with this serial number'
complete -c perennial -n '__perennial_at perennial renew' -l wait -d 'until it has ended; exit status 0 only when the new certificate is in place'
complete -c perennial -n '__perennial_at perennial renew' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial renew' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial renew' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial renew' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial policies' -a show -d 'what is applied, and what was refused'
complete -c perennial -n '__perennial_at perennial policies' -a check -d 'check documents on this machine, as a controller would; exit status 2 when one is wrong'
complete -c perennial -n '__perennial_at perennial policies' -a refresh -d 'have the controller fetch now'
complete -c perennial -n '__perennial_at perennial policies' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial policies' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial policies' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial policies' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial policies' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial policies show' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial policies show' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial policies show' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial policies show' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial policies show' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial policies check' -F
complete -c perennial -n '__perennial_at perennial policies check' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial policies check' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial policies check' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial policies check' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial policies check' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial policies refresh' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial policies refresh' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial policies refresh' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial policies refresh' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial policies refresh' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial audit' -a tail -d 'the newest events'
complete -c perennial -n '__perennial_at perennial audit' -a verify -d 'check a log on this machine; exit status 1 when it is bad'
complete -c perennial -n '__perennial_at perennial audit' -a prove -d 'prove that one event is in a log'
complete -c perennial -n '__perennial_at perennial audit' -a consistency -d 'prove that a log only grew since a checkpoint kept from earlier'
complete -c perennial -n '__perennial_at perennial audit' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial audit' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial audit' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial audit' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial audit' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial audit tail' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial audit tail' -s n -x -d 'so many'
complete -c perennial -n '__perennial_at perennial audit tail' -s f -l follow -d 'go on with what comes; JSON is one a line'
complete -c perennial -n '__perennial_at perennial audit tail' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial audit tail' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial audit tail' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial audit tail' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial audit verify' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial audit verify' -l log -x -a '(__fish_complete_directories)' -d 'the log\'s folder, or a copy of it'
complete -c perennial -n '__perennial_at perennial audit verify' -l vkey -r -F -d 'the log\'s public key, kept elsewhere'
complete -c perennial -n '__perennial_at perennial audit verify' -l since -r -F -d 'a checkpoint kept from earlier'
complete -c perennial -n '__perennial_at perennial audit verify' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial audit verify' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial audit verify' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial audit verify' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial audit prove' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial audit prove' -l log -x -a '(__fish_complete_directories)' -d 'the log\'s folder, or a copy of it'
complete -c perennial -n '__perennial_at perennial audit prove' -l vkey -r -F -d 'the log\'s public key; that in its folder when left out'
complete -c perennial -n '__perennial_at perennial audit prove' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial audit prove' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial audit prove' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial audit prove' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial audit consistency' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial audit consistency' -l log -x -a '(__fish_complete_directories)' -d 'the log\'s folder, or a copy of it'
complete -c perennial -n '__perennial_at perennial audit consistency' -l since -r -F -d 'the checkpoint kept from earlier'
complete -c perennial -n '__perennial_at perennial audit consistency' -l vkey -r -F -d 'the log\'s public key; that in its folder when left out'
complete -c perennial -n '__perennial_at perennial audit consistency' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial audit consistency' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial audit consistency' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial audit consistency' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial join-token' -a create -d 'make one; shown only this time'
complete -c perennial -n '__perennial_at perennial join-token' -a list -d 'tokens without their secrets'
complete -c perennial -n '__perennial_at perennial join-token' -a revoke -d 'revoke an unused one'
complete -c perennial -n '__perennial_at perennial join-token' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial join-token' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial join-token' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial join-token' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial join-token' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial join-token create' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial join-token create' -l host -x -d 'the host it is for'
complete -c perennial -n '__perennial_at perennial join-token create' -l label -x -d 'key=value, given to the agent; may be repeated'
complete -c perennial -n '__perennial_at perennial join-token create' -l ttl -x -d 'how long it counts'
complete -c perennial -n '__perennial_at perennial join-token create' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial join-token create' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial join-token create' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial join-token create' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial join-token list' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial join-token list' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial join-token list' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial join-token list' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial join-token list' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial join-token revoke' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial join-token revoke' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial join-token revoke' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial join-token revoke' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial join-token revoke' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial enrollment' -a requests -d 'requests, newest first'
complete -c perennial -n '__perennial_at perennial enrollment' -a approve -d 'issue what was asked for'
complete -c perennial -n '__perennial_at perennial enrollment' -a deny -d 'refuse what was asked for'
complete -c perennial -n '__perennial_at perennial enrollment' -a certificates -d 'issued certificates'
complete -c perennial -n '__perennial_at perennial enrollment' -a events -d 'what the service did'
complete -c perennial -n '__perennial_at perennial enrollment' -a revoke -d 'take a certificate back, or with removeFromCRL a hold'
complete -c perennial -n '__perennial_at perennial enrollment' -a crl -d 'certificate revocation lists'
complete -c perennial -n '__perennial_at perennial enrollment' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial enrollment' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial enrollment' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial enrollment' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial enrollment' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial enrollment requests' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial enrollment requests' -l state -x -a 'pending issued denied' -d 'pending, issued or denied'
complete -c perennial -n '__perennial_at perennial enrollment requests' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial enrollment requests' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial enrollment requests' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial enrollment requests' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial enrollment approve' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial enrollment approve' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial enrollment approve' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial enrollment approve' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial enrollment approve' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial enrollment deny' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial enrollment deny' -l reason -x -d 'kept with the request'
complete -c perennial -n '__perennial_at perennial enrollment deny' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial enrollment deny' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial enrollment deny' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial enrollment deny' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial enrollment certificates' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial enrollment certificates' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial enrollment certificates' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial enrollment certificates' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial enrollment certificates' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial enrollment events' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial enrollment events' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial enrollment events' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial enrollment events' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial enrollment events' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial enrollment revoke' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial enrollment revoke' -l reason -x -a 'unspecified keyCompromise cACompromise affiliationChanged superseded cessationOfOperation certificateHold removeFromCRL privilegeWithdrawn aACompromise' -d 'a reason of RFC 5280'
complete -c perennial -n '__perennial_at perennial enrollment revoke' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial enrollment revoke' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial enrollment revoke' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial enrollment revoke' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial enrollment crl' -a show -d 'what is published; --json has the CRLs in PEM'
complete -c perennial -n '__perennial_at perennial enrollment crl' -a publish -d 'publish now'
complete -c perennial -n '__perennial_at perennial enrollment crl' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial enrollment crl' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial enrollment crl' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial enrollment crl' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial enrollment crl' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial enrollment crl show' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial enrollment crl show' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial enrollment crl show' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial enrollment crl show' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial enrollment crl show' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial enrollment crl publish' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial enrollment crl publish' -l kind -x -a 'base delta' -d 'base (the default) or delta'
complete -c perennial -n '__perennial_at perennial enrollment crl publish' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial enrollment crl publish' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial enrollment crl publish' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial enrollment crl publish' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial completion' -a bash -d 'for bash'
complete -c perennial -n '__perennial_at perennial completion' -a zsh -d 'for zsh'
complete -c perennial -n '__perennial_at perennial completion' -a fish -d 'for fish'
complete -c perennial -n '__perennial_at perennial completion' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial completion' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial completion' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial completion' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial completion' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial completion bash' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial completion bash' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial completion bash' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial completion bash' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial completion bash' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial completion zsh' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial completion zsh' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial completion zsh' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial completion zsh' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial completion zsh' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial completion fish' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial completion fish' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial completion fish' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial completion fish' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial completion fish' -l json -d 'print JSON, as the API gives it'
complete -c perennial -n '__perennial_at perennial help' -s h -l help -d 'print this help'
complete -c perennial -n '__perennial_at perennial help' -l version -d 'print the version'
complete -c perennial -n '__perennial_at perennial help' -l config -r -F -d 'perennial.yaml'
complete -c perennial -n '__perennial_at perennial help' -l check-config -d 'read the configuration and the files that it names, say what is wrong, and end'
complete -c perennial -n '__perennial_at perennial help' -l json -d 'print JSON, as the API gives it'
