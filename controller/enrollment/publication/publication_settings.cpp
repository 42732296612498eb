#include "controller/enrollment/publication/publication_settings.h"

#include "shared/x509/revocation_list.h"

namespace perennial::enrollment::server {

namespace {

RevocationListPeriod readPeriod(yaml::Reader in)
{
    RevocationListPeriod read{in.duration("period"), in.duration("overlap")};
    if (in.failed()) return read;
    if (read.period < Duration(1)) in.fail("period", "must be at least 1s");
    // A CRL that is out of date before the next one is due breaks every client in between.
    if (read.overlap < Duration(1)) in.fail("overlap", "must be at least 1s");
    return read;
}

} // namespace

PublicationSettings readPublication(yaml::Reader in)
{
    PublicationSettings settings;
    auto listen = in.mapping("listen");
    settings.host = listen.text("host");
    settings.port = static_cast<int>(listen.integer("port"));
    if (!listen.failed() && (settings.port < 1 || settings.port > 65535))
        listen.fail("port", "must be between 1 and 65535");
    settings.url = in.text("url");
    while (!settings.url.empty() && settings.url.back() == '/')
        settings.url.pop_back();
    // With https a client would have to check the server's certificate before it can check any.
    if (!in.failed() && settings.url.rfind("http://", 0) != 0)
        in.fail("url", "must begin with http:// (what is there is signed in itself)");
    if (!in.failed()) {
        if (const auto good = x509::distributionPointsExtension({settings.url}); !good)
            in.fail("url", good.error().message);
    }
    if (auto base = in.optionalMapping("crl")) settings.base = readPeriod(*base);
    settings.delta.reset();
    if (auto delta = in.optionalMapping("delta_crl")) settings.delta = readPeriod(*delta);
    if (!in.failed() && settings.delta && settings.delta->period >= settings.base.period)
        in.fail("delta_crl", "its period must be shorter than that of the base CRL");
    settings.ocsp = in.booleanOr("ocsp", true);
    const auto signer = in.oneOfOr("ocsp_signer", {"delegated", "authority"}, "delegated");
    settings.delegatedResponder = signer == "delegated";
    return settings;
}

Result<std::vector<x509::Extension>> endEntityAddresses(const PublicationSettings& settings)
{
    std::vector<x509::Extension> extensions;
    if (settings.url.empty()) return extensions;
    auto lists = x509::distributionPointsExtension({settings.addressOf(published::baseList)});
    if (!lists) return lists.error();
    extensions.push_back(*std::move(lists));
    if (settings.delta) {
        auto freshest = x509::freshestCrlExtension({settings.addressOf(published::deltaList)});
        if (!freshest) return freshest.error();
        extensions.push_back(*std::move(freshest));
    }
    std::vector<std::string> responders;
    if (settings.ocsp) responders.push_back(settings.addressOf(published::ocsp));
    auto access =
        x509::authorityAccessExtension({settings.addressOf(published::issuing)}, responders);
    if (!access) return access.error();
    extensions.push_back(*std::move(access));
    return extensions;
}

Result<std::vector<x509::Extension>> issuingAddresses(const PublicationSettings& settings)
{
    if (settings.url.empty()) return std::vector<x509::Extension>();
    auto lists = x509::distributionPointsExtension({settings.addressOf(published::rootList)});
    if (!lists) return lists.error();
    auto access = x509::authorityAccessExtension({settings.addressOf(published::root)}, {});
    if (!access) return access.error();
    return std::vector<x509::Extension>{*std::move(lists), *std::move(access)};
}

} // namespace perennial::enrollment::server
