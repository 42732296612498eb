#pragma once

#include "agent/desired_state.h"
#include "shared/model/audit_event.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace perennial::agent {

struct AnchorChange {
    std::vector<std::string> added; // SHA-256 of certificates, hex
    std::vector<std::string> removed;
    std::vector<std::string> stillTrusted; // of the removed: others have put them there too
    friend bool operator==(const AnchorChange&, const AnchorChange&) = default;
};

// perennial-installer, for trust stores. May be called again after a crash.
class AnchorHands {
public:
    virtual ~AnchorHands() = default;
    // Exactly these are what we have put there, afterwards.
    virtual Result<AnchorChange> setAnchors(const std::string& store, const std::string& pem) = 0;
};

// Has the installer put into the host's trust stores what documents of kind trust-anchors want.
// Only what their owners signed counts, and only until it expires: a controller cannot make a host
// trust anybody. Without a controller the documents are the host admin's own.
class TrustDesk {
public:
    struct Parts {
        const DesiredStateKeeper& desired;
        AnchorHands& hands;
        const Clock& clock;
        std::function<Status(const std::vector<model::AuditEvent>&)> publish;
        bool alone;
        Duration every; // how often it is asked for where nothing has changed
    };
    explicit TrustDesk(Parts parts) : parts_(std::move(parts)) {}

    // When the documents are other ones, or the time has come. What goes wrong is told once.
    void runIfDue();

private:
    void bringIfDue();
    void bring(const DesiredState& state, const model::TrustAnchors& anchors);
    Status mayFollow(const DesiredState& state) const;
    void tell(const DesiredState& state, const model::TrustAnchors& anchors,
        const Result<AnchorChange>& outcome);

    Parts parts_;
    std::shared_ptr<const DesiredState> last_;
    std::chrono::milliseconds next_{};           // monotonic
    std::map<std::string, std::string> refused_; // why, the last time, by store
    std::vector<model::AuditEvent> untold_;
};

} // namespace perennial::agent
