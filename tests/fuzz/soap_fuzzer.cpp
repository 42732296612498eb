#include "shared/enrollment/soap/envelope.h"
#include "shared/enrollment/soap/fault.h"
#include "shared/enrollment/soap/xml_reader.h"
#include "shared/enrollment/soap/xml_writer.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace perennial::enrollment::soap;

namespace {

constexpr XmlLimits widened{
    .bytes = 64U << 20U, .depth = 70, .nodes = 20'000, .attributes = 20'000};

bool same(const Element& a, const Element& b)
{
    if (a.space != b.space || a.local != b.local || a.nameValue != b.nameValue) return false;
    if (!a.nameValue && a.text != b.text) return false; // the prefix may be another
    if (a.attributes.size() != b.attributes.size()) return false;
    for (const Attribute& one : a.attributes) {
        const std::string* other = b.attribute({one.space, one.local});
        if (other == nullptr || *other != one.value) return false;
    }
    if (a.children.size() != b.children.size()) return false;
    for (std::size_t i = 0; i < a.children.size(); ++i) {
        if (!same(a.children[i], b.children[i])) return false;
    }
    return true;
}

} // namespace

// What was read is written so that the same is read again; nothing hostile breaks an envelope.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view document(reinterpret_cast<const char*>(data), size);
    const auto element = readXml(document);
    if (!element) return 0;
    const auto again = readXml(writeXml(*element), widened);
    if (!again || !same(*element, *again)) std::abort();

    const auto envelope = readEnvelope(document);
    if (!envelope) return 0;
    if (const auto credentials = readCredentials(*envelope)) {
        (void)readXml(
            writeRequest({envelope->action, envelope->messageId, envelope->to, {}}, envelope->body),
            widened);
    }
    if (const auto fault = readFault(*envelope)) {
        if (fault->reason.size() > 1100) std::abort();
        if (!readEnvelope(writeFault(*fault, envelope->relatesTo))) std::abort();
    }
    return 0;
}
