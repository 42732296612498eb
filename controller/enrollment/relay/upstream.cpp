#include "controller/enrollment/relay/upstream.h"

#include "shared/base/file_system.h"
#include "shared/base/random.h"
#include "shared/base/secret_file.h"
#include "shared/enrollment/soap/envelope.h"
#include "shared/enrollment/soap/namespaces.h"

#include <algorithm>

namespace perennial::enrollment::server {

namespace {

constexpr Duration connectLimit{5};

} // namespace

Result<std::vector<x509::Certificate>> readTrust(const RelaySettings& settings)
{
    const auto pem = PosixFileSystem().read(settings.trustFile);
    if (!pem) return pem.error();
    auto anchors = x509::Certificate::allFromPem(*pem);
    if (!anchors) return anchors.error().in(settings.trustFile);
    if (anchors->empty())
        return Error{ErrorKind::InvalidInput, settings.trustFile + " holds no certificate"};
    return anchors;
}

Result<std::unique_ptr<CesUpstream>> CesUpstream::open(const RelaySettings& settings)
{
    auto anchors = readTrust(settings);
    if (!anchors) return anchors.error();
    tls::ClientSettings tls{{*std::move(anchors), ""}, {}};
    Secret password;
    if (settings.user.empty()) {
        auto identity = tls::loadIdentity(settings.certificateFile, settings.keyFile);
        if (!identity) return identity.error();
        tls.identity = *std::move(identity);
    } else {
        auto read = readSecretLine(settings.passwordFile);
        if (!read) return read.error();
        password = *std::move(read);
    }
    return std::unique_ptr<CesUpstream>(
        new CesUpstream(settings, std::move(tls), std::move(password)));
}

std::optional<x509::Certificate> CesUpstream::ownCertificate() const
{
    if (!tls_.identity) return std::nullopt;
    return tls_.identity->chain.front();
}

std::unique_ptr<http::Client> CesUpstream::take()
{
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) {
        http::ClientLimits limits;
        limits.connect = std::min(connectLimit, settings_.timeLimit);
        limits.total = settings_.timeLimit;
        return std::make_unique<http::Client>(tls_, limits);
    }
    auto client = std::move(idle_.back());
    idle_.pop_back();
    return client;
}

void CesUpstream::giveBack(std::unique_ptr<http::Client> client)
{
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(client));
}

Result<ServiceAnswer> CesUpstream::ask(const wstep::TokenRequest& request)
{
    auto client = take();
    auto answer = askWith(*client, request);
    giveBack(std::move(client));
    return answer;
}

Result<ServiceAnswer> CesUpstream::askWith(
    http::Client& client, const wstep::TokenRequest& request) const
{
    soap::RequestHeader header;
    header.action = wstep::actionOf(request);
    header.messageId = "urn:uuid:" + uuidV4();
    header.to = settings_.url;
    if (!settings_.user.empty())
        header.credentials.usernameToken =
            soap::UsernameToken{settings_.user, Secret(std::string(password_.reveal()))};
    http::ClientRequest call;
    call.method = "POST";
    call.url = settings_.url;
    call.headers["Content-Type"] = "application/soap+xml; charset=utf-8";
    call.body = soap::writeRequest(header, wstep::toElement(request));
    const auto response = client.send(call);
    if (!response) return response.error();
    const auto envelope = soap::readEnvelope(response->body);
    if (!envelope)
        return Error{ErrorKind::Unavailable, settings_.url + " answered HTTP " +
                                                 std::to_string(response->status) +
                                                 " without SOAP: " + envelope.error().message};
    if (auto belongs = soap::checkAnswers(
            *envelope, header.messageId, soap::action::requestSecurityTokenResponse);
        !belongs)
        return belongs.error();
    if (soap::isFault(*envelope)) {
        auto fault = soap::readFault(*envelope);
        if (!fault) return fault.error();
        return ServiceAnswer(*std::move(fault));
    }
    auto read = wstep::readTokenResponse(envelope->body);
    if (!read) return read.error();
    return ServiceAnswer(*std::move(read));
}

} // namespace perennial::enrollment::server
