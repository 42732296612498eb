#pragma once

#include "shared/base/result.h"

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace perennial::model {

// What the agent and the enroller say to the installer, and its answers. One datagram each; a fixed
// form that a page of code reads: the verb's line, then "name length\n" and the bytes, for each
// field, names ascending. Verbs and names are on the lists below; nothing may follow.
struct InstallerMessage {
    std::string verb;
    std::map<std::string, std::string> fields;

    const std::string& field(const std::string& name) const; // "" when absent
    friend bool operator==(const InstallerMessage&, const InstallerMessage&) = default;
};

inline constexpr std::size_t installerFieldLimit = 256U << 10U;
inline constexpr std::size_t installerMessageLimit = 512U
                                                     << 10U; // encoded: what a UnixSocket carries

// request      fields                                               answer "done" with
//
// make_key     order, slot.certificate, slot.key, key_type          public_key (DER)
// lend_keys    order, slot.certificate, slot.key                    descriptors: old key, new key
// lend_new_key order, slot.certificate, slot.key                    descriptor: new key
// preflight    order, slot.certificate, slot.key, action, size,
//              names (one a line; empty: the old certificate's),
//              replaces (as of place, or absent)                    note (free text)
// place        order, slot.certificate, slot.key, chain (PEM),
//              replaces (fingerprint; empty: nothing is there)      nothing
// switch_back  order                                                nothing
// act          order, action                                        status, output
// finish       order                                                note (what is kept, or empty)
// discard      order                                                nothing
// set_anchors  order (any id), store, anchors (PEM, perhaps none)   note
//
// note of set_anchors, a line each: "+SHA-256" of what was added, "-SHA-256" of what was removed,
// "=SHA-256" of what was removed and is still trusted, as others have put it there too.
// finish: the new certificate is served; forget how to go back, destroy the old key's copy.
// discard: the new key is not wanted; destroy it.
// The other answer is "refused" with kind (an error kind's name) and reason.
inline constexpr std::array<std::string_view, 12> installerVerbs = {"act", "discard", "done",
    "finish", "lend_keys", "lend_new_key", "make_key", "place", "preflight", "refused",
    "set_anchors", "switch_back"};
inline constexpr std::array<std::string_view, 17> installerFields = {"action", "anchors", "chain",
    "key_type", "kind", "names", "note", "order", "output", "public_key", "reason", "replaces",
    "size", "slot.certificate", "slot.key", "status", "store"};

// InvalidInput with what is wrong: a verb or name that is not listed, something over its limit.
Result<std::string> encode(const InstallerMessage& message);
// InvalidInput for every byte that encode() would not have written.
Result<InstallerMessage> decodeInstallerMessage(std::string_view bytes);

} // namespace perennial::model
