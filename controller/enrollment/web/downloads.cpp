#include "controller/enrollment/web/web_enrollment.h"
#include "shared/x509/cms.h"
#include "shared/x509/pem.h"

// The files of /certsrv. Programs compare the content types for equality
// (enrollment-protocol section 12).
namespace perennial::enrollment::server {

using web::Disposition;

namespace {

enum class Encoding { Base64, Binary };

// Certipy asks for certificates without Enc, and looks for PEM.
std::optional<Encoding> encodingOf(const web::Parameters& query, Encoding otherwise)
{
    const auto word = web::lowered(query.value("enc"));
    if (word.empty()) return otherwise;
    if (word == "b64") return Encoding::Base64;
    if (word == "bin") return Encoding::Binary;
    return std::nullopt;
}

// Windows' line ends, as AD CS sends them.
std::string pem(const Bytes& der, std::string_view label)
{
    std::string text;
    for (const char c : x509::pemText(der, label)) {
        if (c == '\n') text += '\r';
        text += c;
    }
    return text;
}

http::Answer certificateAnswer(const Bytes& der, Encoding encoding)
{
    return web::downloadAnswer("application/pkix-cert", "certnew.cer",
        encoding == Encoding::Binary ? der : pem(der, "CERTIFICATE"));
}

// AD CS writes its PKCS #7 between lines that say CERTIFICATE.
http::Answer chainAnswer(const Bytes& der, Encoding encoding)
{
    return web::downloadAnswer("application/x-pkcs7-certificates", "certnew.p7b",
        encoding == Encoding::Binary ? der : pem(der, "CERTIFICATE"));
}

Disposition notThere(const std::string& id, const std::string& message)
{
    return {Disposition::State::Failed, id, message, HResult::PropertyEmpty, {}};
}

// The authority's certificate was never renewed: there is number 0 only.
bool isOnlyRenewal(const web::Parameters& query)
{
    const auto& text = query.value("renewal");
    return text.empty() || text == "0";
}

} // namespace

std::optional<http::Answer> WebEnrollment::answerFile(const std::string& page, const Visit& visit)
{
    const bool chain = page == "certnew.p7b";
    if (chain || page == "certnew.cer") {
        if (web::lowered(visit.query.value("reqid")) == "cacert")
            return authorityFile(visit, chain);
        return certificate(visit, chain);
    }
    if (page == "certcrl.crl") return revocationList(visit);
    return std::nullopt;
}

http::Answer WebEnrollment::certificate(const Visit& visit, bool chain)
{
    const auto encoding = encodingOf(visit.query, Encoding::Base64);
    if (!encoding) return wrong(visit, 400, "Enc is neither b64 nor bin.");
    const auto disposition = findRequest(visit, visit.query.value("reqid"));
    if (disposition.state != Disposition::State::Issued) return showStatus(visit, disposition);
    if (!chain) return certificateAnswer(disposition.certificate, *encoding);
    const auto leaf = x509::Certificate::fromDer(disposition.certificate);
    if (!leaf) return wrong(visit, 500, "The certificate cannot be read.");
    std::vector<x509::Certificate> all{*leaf};
    all.insert(all.end(), parts_.chain.begin(), parts_.chain.end());
    const auto message = x509::enclose(all);
    if (!message) return wrong(visit, 500, "The chain could not be made.");
    return chainAnswer(*message, *encoding);
}

http::Answer WebEnrollment::authorityFile(const Visit& visit, bool chain)
{
    const auto encoding = encodingOf(visit.query, Encoding::Base64);
    if (!encoding) return wrong(visit, 400, "Enc is neither b64 nor bin.");
    if (!isOnlyRenewal(visit.query))
        return showStatus(visit, notThere("CACert", "There is no CA certificate of that number."));
    if (!chain) return certificateAnswer(parts_.chain.front().toDer(), *encoding);
    const auto message = x509::enclose(parts_.chain);
    if (!message) return wrong(visit, 500, "The chain could not be made.");
    return chainAnswer(*message, *encoding);
}

http::Answer WebEnrollment::revocationList(const Visit& visit)
{
    const auto type = web::lowered(visit.query.value("type"));
    if (!type.empty() && type != "base" && type != "delta")
        return wrong(visit, 400, "Type is neither base nor delta.");
    const auto encoding = encodingOf(visit.query, Encoding::Binary);
    if (!encoding) return wrong(visit, 400, "Enc is neither b64 nor bin.");
    const auto lists = parts_.revocationLists();
    const auto& list = type == "delta" ? lists.delta : lists.base;
    if (!list || !isOnlyRenewal(visit.query))
        return showStatus(visit, notThere("", "There is no such revocation list here."));
    return web::downloadAnswer("application/pkix-crl", "certcrl.crl",
        *encoding == Encoding::Binary ? list->toDer() : pem(list->toDer(), "X509 CRL"));
}

http::Answer WebEnrollment::showStatus(const Visit& visit, const Disposition& disposition) const
{
    return web::pageAnswer(
        200, frameOf(visit), "Status of a request", web::statusPage(disposition));
}

http::Answer WebEnrollment::showAuthority(const Visit& visit) const
{
    const auto lists = parts_.revocationLists();
    return web::pageAnswer(200, frameOf(visit), "CA certificate, chain and CRL",
        web::authorityPage({parts_.chain.front().commonName(), parts_.chain.front().notAfter(),
            parts_.chain.front().fingerprint(), 0, lists.base.has_value(),
            lists.delta.has_value()}));
}

} // namespace perennial::enrollment::server
