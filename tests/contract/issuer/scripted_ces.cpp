#include "tests/contract/issuer/scripted_ces.h"

#include "shared/base/encoding.h"

namespace perennial::test {

namespace {

const std::string spaces = "xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
                           "xmlns:a=\"http://www.w3.org/2005/08/addressing\"";
const std::string trust = "http://docs.oasis-open.org/ws-sx/ws-trust/200512";
const std::string enrollment = "http://schemas.microsoft.com/windows/pki/2009/01/enrollment";
const std::string security =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const std::string tokenType =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3";

std::string requestedToken(const std::string& token, const std::string& requestId)
{
    return "<RequestSecurityTokenResponse><TokenType>" + tokenType +
           "</TokenType><RequestedSecurityToken>" + token +
           "</RequestedSecurityToken><RequestID xmlns=\"" + enrollment + "\">" + requestId +
           "</RequestID></RequestSecurityTokenResponse>";
}

} // namespace

ScriptedCes::ScriptedCes(const std::string& certificate) : port_(freePort())
{
    pki_.makeRoot("root");
    pki_.makeRoot("other root");
    TestCertificateContent server;
    server.commonName = "localhost";
    server.alternativeNames = "DNS:localhost";
    pki_.issue("localhost", "root", server);
    pki_.issue("stranger", "other root", server);
    server.notAfter = "20210101000000Z";
    pki_.issue("expired", "root", server);
    server.notAfter = "20991231235959Z";
    server.alternativeNames = "DNS:localhost.example.test,IP:127.0.0.1";
    pki_.issue("other name", "root", server);
    pki_.issueClient("web1", "root");
    TestCertificateContent serverOnly;
    serverOnly.commonName = "web2";
    pki_.issue("web2", "root", serverOnly);
    TestCertificateContent templated;
    templated.commonName = "web3";
    templated.extendedKeyUsage = "clientAuth";
    // The template of tests/data/enrollment/01_getpolicies_response.xml.
    templated.moreExtensions = {
        "1.3.6.1.4.1.311.21.7 = DER:302c06242b0601040182371508bd8441fa890281b78d4381f4920482b196454"
        "283ab9f4783e8a408020164020104"};
    pki_.issue("web3", "root", templated);
    templated.moreExtensions.emplace_back(
        "1.3.6.1.4.1.311.25.2 = "
        "DER:3025a023060a2b060104018237190201a0150413532d312d352d32312d312d322d332d31303030");
    pki_.issue("web3 with SID", "root", templated);
    pace("whole");
    process_.emplace(std::vector<std::string>{"/usr/bin/python3",
        std::string(PERENNIAL_SOURCE_DIR) + "/tests/contract/issuer/scripted_server.py",
        std::to_string(port_), pki_[certificate].certificate, pki_[certificate].key,
        pki_["root"].certificate, folder_.path().string()});
    process_->waitForPort(port_);
}

std::vector<ScriptedCes::Asked> ScriptedCes::asked() const
{
    std::vector<Asked> all;
    for (int number = 0;; ++number) {
        const auto file = folder_ / ("asked." + std::to_string(number));
        if (!std::filesystem::exists(file)) return all;
        const auto text = readText(file);
        const auto end = text.find('\n');
        all.push_back({text.substr(0, end), text.substr(end + 1)});
    }
}

model::EnrollmentService ScriptedCes::service() const
{
    model::EnrollmentService service;
    service.name = "scripted";
    service.enrollmentEndpoints = {url()};
    service.tlsTrustPem = readText(pki_["root"].certificate);
    service.issuerTrustPem = service.tlsTrustPem;
    return service;
}

RenewalMaterial ScriptedCes::material(const std::string& old) const
{
    auto chain = x509::Certificate::allFromPem(readText(pki_[old].chain));
    auto oldKey = x509::PrivateKey::fromPem(Secret(readText(pki_[old].key)));
    REQUIRE(chain);
    REQUIRE(oldKey);
    const auto leaf = chain->front();
    return {leaf, *std::move(chain), std::make_shared<x509::PrivateKey>(*std::move(oldKey)),
        std::make_shared<x509::PrivateKey>(FakeAuthority::newKey())};
}

std::string httpAnswer(const std::string& status, const std::string& type, const std::string& body,
    const std::string& more)
{
    return "HTTP/1.1 " + status + "\r\nContent-Type: " + type +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n" +
           more + "\r\n" + body;
}

std::string soapAnswer(const std::string& status, const std::string& action,
    const std::string& body, const std::string& relatesTo)
{
    return httpAnswer(status, "application/soap+xml; charset=utf-8",
        "<s:Envelope " + spaces + "><s:Header><a:Action s:mustUnderstand=\"1\">" + action +
            "</a:Action><a:RelatesTo>" + relatesTo +
            "</a:RelatesTo></s:Header><s:Body "
            "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">" +
            body + "</s:Body></s:Envelope>");
}

std::string collection(const std::string& responses)
{
    return "<RequestSecurityTokenResponseCollection xmlns=\"" + trust + "\">" + responses +
           "</RequestSecurityTokenResponseCollection>";
}

std::string responseFor(const std::string& chainPem)
{
    const auto leaf = x509::Certificate::fromPem(chainPem);
    REQUIRE(leaf);
    return requestedToken("<BinarySecurityToken ValueType=\"" + tokenType + "\" EncodingType=\"" +
                              security + "#base64binary\" xmlns=\"" + security + "\">" +
                              toBase64(leaf->toDer()) + "</BinarySecurityToken>",
        "41");
}

std::string issuedAnswer(const std::string& chainPem)
{
    return soapAnswer("200 OK", enrollment + "/RSTRC/wstep", collection(responseFor(chainPem)));
}

std::string pendingAnswer(const std::string& referenceUri, const std::string& requestId)
{
    return soapAnswer("200 OK", enrollment + "/RSTRC/wstep",
        collection(
            requestedToken("<SecurityTokenReference xmlns=\"" + security + "\"><Reference URI=\"" +
                               referenceUri + "\"/></SecurityTokenReference>",
                requestId)));
}

std::string faultAnswer(const std::string& errorCode, bool denied)
{
    return soapAnswer("500 Internal Server Error",
        enrollment + "/RequestSecurityTokenCertificateEnrollmentWSDetailFault",
        "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text "
        "xml:lang=\"en-US\">Denied by Policy Module</s:Text></s:Reason><s:Detail>"
        "<CertificateEnrollmentWSDetail xmlns=\"" +
            enrollment + "\"><BinaryResponse xsi:nil=\"true\"/><ErrorCode>" + errorCode +
            "</ErrorCode><InvalidRequest>" + (denied ? "true" : "false") +
            "</InvalidRequest><RequestID>45</RequestID></CertificateEnrollmentWSDetail>"
            "</s:Detail></s:Fault>");
}

} // namespace perennial::test
