#pragma once

#include "shared/base/result.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::model {

// What the agent and the enroller say to the installer, and its answers. One datagram each; a fixed
// form that a page of code reads: the verb's line, then "name length\n" and the bytes, for each
// field. At most 32 fields of 256 KB; names from a fixed list; nothing may follow.
struct InstallerMessage {
    std::string verb; // requests: see installerVerbs; answers: "done" or "refused"
    std::map<std::string, std::string> fields;

    const std::string& field(const std::string& name) const; // "" when absent
};

// make_key      order, slot.certificate, slot.key, key_type             -> done: public_key (DER)
// lend_keys     order, slot.certificate, slot.key                       -> done + descriptors {old
// key, new key} preflight     order, slot.certificate, slot.key, action, size         -> done: free
// text in "note" place         order, slot.certificate, slot.key, chain (PEM), replaces
// (fingerprint) -> done switch_back   order                                                   ->
// done act           order, action                                           -> done: status,
// output finish        order            (the new one is served: forget how to go back, destroy the
// old key's copy) discard       order            (the new key is not wanted: destroy it) A refusal
// carries kind (error kind's name) and reason.
Result<std::string> encode(const InstallerMessage& message);
Result<InstallerMessage> decodeInstallerMessage(std::string_view bytes);

} // namespace perennial::model
