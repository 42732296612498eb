#include "controller/enrollment/ces/request_record.h"

#include "controller/enrollment/authentication/certificate_mappings.h"
#include "shared/base/encoding.h"
#include "shared/x509/digest.h"

namespace perennial::enrollment::server {

namespace {

std::string listOf(const std::vector<x509::GeneralName>& names, const std::string& sid)
{
    std::string text;
    for (const auto& name : names) {
        if (!text.empty()) text += ", ";
        for (const char c : x509::toText(name)) { // one name must not read as two
            if (c == ',' || c == '\\') text += '\\';
            text += c;
        }
    }
    if (!sid.empty()) text += (text.empty() ? "sid:" : ", sid:") + sid;
    return toPrintable(text, 4096);
}

// Of a request or a certificate; one that cannot be read is shown as such.
template <class T>
std::string namesOf(const T& from)
{
    const auto extension = from.extension(x509::oid::ntdsSecurity);
    auto sid = extension ? sidIn(*extension) : std::string();
    if (extension && sid.empty()) sid = "?";
    return listOf(from.alternativeNames(), sid);
}

} // namespace

RequestRecord recordOf(const RecordInput& input, const x509::SigningRequest& request)
{
    RequestRecord record;
    record.state = input.state;
    record.kind = input.kind;
    record.requester = input.requester;
    record.templateName = input.templateName;
    record.subject = toPrintable(request.subject(), 1024);
    record.names = namesOf(request);
    record.request = input.request;
    record.receivedAt = input.now;
    if (input.state != "pending") record.decidedAt = input.now;
    record.message = input.message;
    record.renews = input.renews;
    return record;
}

ShownNames shownNames(const BuiltIdentity& identity)
{
    return {identity.commonName.empty() ? "" : toPrintable("CN=" + identity.commonName, 1024),
        listOf(identity.alternativeNames, identity.sid)};
}

ShownNames shownNames(const x509::Certificate& old)
{
    return {toPrintable(old.subject(), 1024), namesOf(old)};
}

Json describeRequest(const x509::SigningRequest& request, const std::string& requester,
    const std::string& address, int adcsEvent)
{
    Json details;
    details["requester"] = requester;
    details["address"] = address;
    details["subject"] = toPrintable(request.subject(), 1024);
    details["names"] = namesOf(request);
    details["key_type"] = request.keyType();
    details["public_key_sha256"] = x509::sha256Hex(request.publicKeyDer());
    details["adcs_event"] = adcsEvent;
    return details;
}

} // namespace perennial::enrollment::server
