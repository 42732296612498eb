#include "agent/superseded.h"

#include "shared/base/encoding.h"
#include "shared/base/json.h"

#include <algorithm>
#include <map>

namespace perennial::agent {

namespace {

constexpr std::size_t reasonLimit = 4096;
constexpr std::size_t fileLimit = 2 * SupersededArchive::most * SupersededArchive::largest;

Json toJson(const Superseded& one)
{
    Json json;
    json["slot_id"] = one.slot.text();
    json["order_id"] = one.order.text();
    json["certificate"] = one.certificatePem;
    json["retired_at"] = toRfc3339(one.retiredAt);
    json["new_serial"] = one.newSerial;
    if (!one.keyKept.empty()) json["key_kept"] = one.keyKept;
    if (one.revoked) json["revoked"] = true;
    if (!one.notRevoked.empty()) json["not_revoked"] = one.notRevoked;
    return json;
}

Result<Superseded> supersededFromJson(const Json& json)
{
    JsonReader in(json, "superseded certificate");
    Superseded one;
    one.slot = model::SlotId(in.string("slot_id"));
    one.order = model::OrderId(in.string("order_id"));
    one.certificatePem = in.string("certificate", SupersededArchive::largest);
    const auto retired = timeFromRfc3339(in.string("retired_at"));
    if (!retired) return retired.error();
    one.retiredAt = *retired;
    one.newSerial = in.string("new_serial");
    one.keyKept = in.optionalString("key_kept").value_or("");
    one.revoked = in.optionalBoolean("revoked", false);
    one.notRevoked = in.optionalString("not_revoked", reasonLimit).value_or("");
    if (auto status = in.finish(); !status) return status.error();
    return one;
}

Result<std::vector<Superseded>> parse(const std::string& text)
{
    Json::Limits limits;
    limits.bytes = fileLimit;
    const auto json = Json::parse(text, limits);
    if (!json) return json.error();
    if (json->array() == nullptr) return Error{ErrorKind::Corrupt, "no list"};
    std::vector<Superseded> all;
    for (const auto& item : *json->array()) {
        auto one = supersededFromJson(item);
        if (!one) return one.error();
        all.push_back(*std::move(one));
    }
    return all;
}

// The newest first.
void makeRoom(std::vector<Superseded>& all)
{
    std::stable_sort(all.begin(), all.end(),
        [](const Superseded& a, const Superseded& b) { return a.retiredAt > b.retiredAt; });
    std::map<model::SlotId, std::size_t> ofSlot;
    std::erase_if(all,
        [&](const Superseded& one) { return ++ofSlot[one.slot] > SupersededArchive::mostOfSlot; });
    if (all.size() > SupersededArchive::most)
        all.erase(all.begin() + SupersededArchive::most, all.end());
}

} // namespace

std::string supersededText(const Superseded& one, TimePoint now)
{
    const auto certificate = x509::Certificate::fromPem(one.certificatePem);
    if (!certificate) return "its certificate cannot be read";
    std::string text = "serial " + certificate->serial() + " of " +
                       toPrintable(certificate->issuer(), 255) + ", replaced by " +
                       toPrintable(one.newSerial, 100) + " at " + toRfc3339(one.retiredAt);
    if (!one.keyKept.empty()) text += "; " + toPrintable(one.keyKept, 200);
    if (one.revoked) return text + "; it is revoked at its CA (superseded)";
    if (now >= certificate->notAfter())
        return text + "; it has expired at " + toRfc3339(certificate->notAfter());
    text += "; it is valid until " + toRfc3339(certificate->notAfter()) +
            " and not revoked by this host";
    if (!one.notRevoked.empty()) text += ": " + toPrintable(one.notRevoked, reasonLimit);
    return text + ". Where its key may have been elsewhere " + revocationByHand(*certificate);
}

std::string revocationByHand(const x509::Certificate& certificate)
{
    return "an operator types, at perennial-enrollment, `perennial enrollment revoke " +
           certificate.serial() +
           " --reason superseded` (or keyCompromise); on the machine of an AD CS, `certutil "
           "-revoke " +
           certificate.serial() + " 4` (1: key compromise)";
}

Result<std::vector<Superseded>> SupersededArchive::all() const
{
    const std::lock_guard lock(mutex_);
    const auto text = files_.read(file_, fileLimit);
    if (!text && text.error().kind == ErrorKind::NotFound) return std::vector<Superseded>();
    if (!text) return text.error();
    auto parsed = parse(*text);
    if (!parsed) return Error{ErrorKind::Corrupt, file_ + ": " + parsed.error().message};
    return parsed;
}

Status SupersededArchive::add(const Superseded& one)
{
    if (one.certificatePem.size() > largest)
        return Error{ErrorKind::InvalidInput, "the certificate is too large for the archive"};
    auto known = all();
    if (!known && known.error().kind != ErrorKind::Corrupt) return known.error();
    if (!known) {
        if (auto aside = files_.rename(file_, file_ + ".damaged"); !aside) return aside;
        known = std::vector<Superseded>();
    }
    const bool again = std::any_of(known->begin(), known->end(), [&](const Superseded& other) {
        return other.slot == one.slot && other.order == one.order;
    });
    if (again) return {};
    known->push_back(one);
    makeRoom(*known);
    return save(*known);
}

Status SupersededArchive::change(const Superseded& one)
{
    auto known = all();
    if (!known) return known.error();
    for (auto& other : *known) {
        if (other.slot == one.slot && other.order == one.order) other = one;
    }
    return save(*known);
}

Status SupersededArchive::save(const std::vector<Superseded>& all)
{
    Json json(Json::Array{});
    for (const auto& kept : all)
        json.push(toJson(kept));
    const std::lock_guard lock(mutex_);
    return files_.replace(file_, json.canonical());
}

} // namespace perennial::agent
