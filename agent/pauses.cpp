#include "agent/pauses.h"

#include "shared/base/json.h"
#include "shared/rules/renewal_rules.h"

#include <algorithm>

namespace perennial::agent {

namespace {

constexpr std::size_t fileLimit = 16U << 20U;

Result<Pause> pauseFromJson(const Json& json)
{
    JsonReader in(json, "pause");
    const auto until = timeFromRfc3339(in.string("until"));
    Pause pause{until ? *until : TimePoint(), in.string("reason")};
    if (auto status = in.finish(); !status) return status.error();
    if (!until) return until.error();
    return pause;
}

} // namespace

TimePoint endOf(const Pause& pause, const model::CertificateFacts& certificate)
{
    if (certificate.fingerprint.empty()) return pause.until;
    return std::min(pause.until, rules::endOfCaution(certificate.notBefore, certificate.notAfter));
}

Status Pauses::load()
{
    const auto text = files_.read(file_, fileLimit);
    if (!text && text.error().kind == ErrorKind::NotFound) return {};
    if (!text) return text.error();
    Json::Limits limits;
    limits.bytes = fileLimit;
    const auto json = Json::parse(*text, limits);
    if (!json || json->object() == nullptr)
        return Error{
            ErrorKind::Corrupt, file_ + ": is no list of pauses; without it no slot is paused"};
    std::map<model::SlotId, Pause> read;
    for (const auto& [id, value] : *json->object()) {
        const auto pause = pauseFromJson(value);
        if (!pause)
            return Error{ErrorKind::Corrupt,
                file_ + ": " + pause.error().message + "; without it no slot is paused"};
        read[model::SlotId(id)] = *pause;
    }
    pauses_ = std::move(read);
    return {};
}

Status Pauses::put(const model::SlotId& slot, const Pause& pause)
{
    const std::lock_guard lock(mutex_);
    auto changed = pauses_;
    changed[slot] = pause;
    return save(std::move(changed));
}

Status Pauses::remove(const model::SlotId& slot)
{
    const std::lock_guard lock(mutex_);
    auto changed = pauses_;
    if (changed.erase(slot) == 0) return {};
    return save(std::move(changed));
}

// In force only when the disk knows it.
Status Pauses::save(std::map<model::SlotId, Pause> changed)
{
    Json json(Json::Object{});
    for (const auto& [id, pause] : changed) {
        auto& entry = json[id.text()];
        entry["until"] = toRfc3339(pause.until);
        entry["reason"] = pause.reason;
    }
    if (auto saved = files_.replace(file_, json.canonical()); !saved) return saved;
    pauses_ = std::move(changed);
    return {};
}

std::optional<Pause> Pauses::of(const model::SlotId& slot) const
{
    const std::lock_guard lock(mutex_);
    const auto found = pauses_.find(slot);
    if (found == pauses_.end()) return std::nullopt;
    return found->second;
}

std::optional<Pause> Pauses::holding(
    const model::SlotId& slot, const model::CertificateFacts& certificate, TimePoint now) const
{
    auto pause = of(slot);
    if (!pause || now >= endOf(*pause, certificate)) return std::nullopt;
    return pause;
}

} // namespace perennial::agent
