#include "plugins/tomcat_discovery/server_xml.h"

#include "shared/enrollment/soap/xml_reader.h"
#include "shared/service_config/listen_address.h"
#include "shared/service_config/server_name.h"

namespace perennial::plugins::tomcat {

using enrollment::soap::Element;

namespace {

constexpr std::size_t attributeLimit = 4096; // of what is put in for a variable

class Reader {
public:
    Reader(const std::string& file, const std::string& base) : file_(file), base_(base) {}

    std::vector<Connector> read(const Element& server)
    {
        const auto offset = valueOf(server, "portOffset");
        std::vector<Connector> connectors;
        for (const auto& service : server.children) {
            if (service.local != "Service") continue;
            for (const auto& child : service.children) {
                if (child.local == "Connector")
                    connectors.push_back(connector(child, offset, connectors.size() + 1));
            }
        }
        return connectors;
    }

private:
    Connector connector(const Element& element, const std::string& offset, std::size_t number) const
    {
        Connector found;
        found.at = file_ + ": Connector " + std::to_string(number);
        found.port = portWith(valueOf(element, "port"), offset);
        found.address = valueOf(element, "address");
        found.tls = service_config::lowerCase(valueOf(element, "SSLEnabled")) == "true";
        found.defaultName = nameOf(element, "defaultSSLHostConfigName");
        for (const auto& child : element.children) {
            if (child.local == "SSLHostConfig")
                found.hosts.push_back(hostConfig(child, found.at, found.hosts.size() + 1));
        }
        return found;
    }
    HostConfig hostConfig(const Element& element, const std::string& in, std::size_t number) const
    {
        HostConfig found;
        found.at = in + ", SSLHostConfig " + std::to_string(number);
        found.name = nameOf(element, "hostName");
        for (const auto& child : element.children) {
            if (child.local == "Certificate")
                found.certificates.push_back(
                    certificate(child, found.at, found.certificates.size() + 1));
        }
        return found;
    }
    CertificateElement certificate(
        const Element& element, const std::string& in, std::size_t number) const
    {
        CertificateElement found;
        found.at = in + ", Certificate " + std::to_string(number);
        found.certificateFile = valueOf(element, "certificateFile");
        found.keyFile = valueOf(element, "certificateKeyFile");
        found.chainFile = valueOf(element, "certificateChainFile");
        found.keyStoreFile = valueOf(element, "certificateKeystoreFile");
        found.keyStoreType = valueOf(element, "certificateKeystoreType");
        found.keyStorePasswordFile = valueOf(element, "certificateKeystorePasswordFile");
        found.ownKeyPassword = !valueOf(element, "certificateKeyPassword").empty() ||
                               !valueOf(element, "certificateKeyPasswordFile").empty();
        return found;
    }

    std::string nameOf(const Element& element, std::string_view attribute) const
    {
        const auto name = service_config::lowerCase(valueOf(element, attribute));
        return name.empty() ? "_default_" : name;
    }
    // Other variables stay as they are: a path that holds one is told later.
    std::string valueOf(const Element& element, std::string_view attribute) const
    {
        constexpr std::string_view variable = "${catalina.base}";
        const auto* written = element.attribute({"", attribute});
        if (written == nullptr) return {};
        auto value = *written;
        for (auto at = value.find(variable);
             at != std::string::npos && value.size() <= attributeLimit; at = value.find(variable))
            value.replace(at, variable.size(), base_);
        return value;
    }
    static std::string portWith(const std::string& port, const std::string& offset)
    {
        if (offset.empty() || offset == "0") return port;
        const auto first = service_config::portFrom(port);
        const auto added = service_config::portFrom(offset);
        return first && added ? std::to_string(*first + *added) : std::string();
    }

    const std::string& file_;
    const std::string& base_;
};

} // namespace

Result<std::vector<Connector>> connectorsOf(
    std::string_view xml, const std::string& file, const std::string& base)
{
    const auto root = enrollment::soap::readXml(xml);
    if (!root) return root.error().in(file);
    if (root->local != "Server")
        return Error{ErrorKind::InvalidInput, file + ": its first element is not Server"};
    return Reader(file, base).read(*root);
}

} // namespace perennial::plugins::tomcat
