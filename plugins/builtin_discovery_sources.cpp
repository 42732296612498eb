#include "plugins/apache_discovery/apache_discovery.h"
#include "plugins/builtin_plugins.h"
#include "plugins/dovecot_discovery/dovecot_discovery.h"
#include "plugins/files_discovery/files_discovery.h"
#include "plugins/haproxy_discovery/haproxy_discovery.h"
#include "plugins/key_store_discovery/key_store_discovery.h"
#include "plugins/kubernetes_discovery/kubernetes_discovery.h"
#include "plugins/listeners_discovery/listeners_discovery.h"
#include "plugins/mariadb_discovery/mariadb_discovery.h"
#include "plugins/nginx_discovery/nginx_discovery.h"
#include "plugins/nss_discovery/nss_discovery.h"
#include "plugins/openldap_discovery/openldap_discovery.h"
#include "plugins/pkcs11_discovery/pkcs11_discovery.h"
#include "plugins/postfix_discovery/postfix_discovery.h"
#include "plugins/postgresql_discovery/postgresql_discovery.h"
#include "plugins/redis_discovery/redis_discovery.h"
#include "plugins/rsyslog_discovery/rsyslog_discovery.h"
#include "plugins/systemd_discovery/systemd_discovery.h"
#include "plugins/tomcat_discovery/tomcat_discovery.h"
#include "plugins/trust_discovery/trust_discovery.h"

namespace perennial::plugins {

Status registerDiscoverySources(PluginRegistry& registry)
{
    const std::vector<std::pair<std::string, DiscoverySourceFactory>> sources = {
        {"nginx", makeNginxDiscovery}, {"apache", makeApacheDiscovery},
        {"haproxy", makeHaproxyDiscovery}, {"postgresql", makePostgresqlDiscovery},
        {"postfix", makePostfixDiscovery}, {"dovecot", makeDovecotDiscovery},
        {"openldap", makeOpenldapDiscovery}, {"tomcat", makeTomcatDiscovery},
        {"redis", makeRedisDiscovery}, {"mariadb", makeMariadbDiscovery},
        {"rsyslog", makeRsyslogDiscovery}, {"kubernetes", makeKubernetesDiscovery},
        {"systemd", makeSystemdDiscovery}, {"trust", makeTrustDiscovery},
        {"files", makeFilesDiscovery}, {"key_store", makeKeyStoreDiscovery},
        {"nss", makeNssDiscovery}, {"pkcs11", makePkcs11Discovery},
        {"listeners", makeListenersDiscovery}};
    for (const auto& [kind, make] : sources) {
        if (auto status = registry.addDiscoverySource(kind, make); !status) return status;
    }
    return {};
}

} // namespace perennial::plugins
