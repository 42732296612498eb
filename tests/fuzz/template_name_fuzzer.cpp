// The extensions that name a template, as a request has them, and the choice by them.
#include "controller/enrollment/rules/request_rules.h"

#include <cstdlib>

using namespace perennial;
using namespace perennial::enrollment::server;

namespace {

const x509::PrivateKey& key()
{
    static const auto made = x509::PrivateKey::generate("ec-p256");
    return *made;
}

const Templates& templates()
{
    static const Templates one = [] {
        CertificateTemplate t;
        t.name = "Web";
        t.oid = "1.3.6.1.4.1.311.21.8.1.2.3";
        return Templates{{"Web", t}};
    }();
    return one;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    if (size == 0) return 0;
    const auto oid =
        (bytes[0] & 1U) != 0 ? x509::oid::templateName : x509::oid::templateInformation;
    const Bytes value(reinterpret_cast<const char*>(bytes + 1), size - 1);
    x509::RequestContent content;
    content.subjectDer = Bytes("\x30\x00", 2);
    content.extensions.push_back({std::string(oid), false, value});
    const auto request = x509::makeSigningRequest(content, key());
    if (!request) return 0;
    const auto information = request->templateInformation();
    const auto choice = chooseTemplate(templates(), *request, {});
    if ((choice.chosen == nullptr) == !choice.refusal) std::abort();
    if (choice.chosen != nullptr && !information) std::abort();
    if (information && (!information->oid.empty() || !information->name.empty())) {
        const auto again = x509::templateInformationExtension(*information);
        if (again && again->oid != oid) std::abort();
    }
    return 0;
}
