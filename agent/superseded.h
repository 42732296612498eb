#pragma once

#include "shared/base/file_system.h"
#include "shared/model/slot.h"

#include <mutex>
#include <string>
#include <vector>

namespace perennial::agent {

// A certificate whose place another one has taken, and the new one was proved. Never its key.
struct Superseded {
    model::SlotId slot;
    model::OrderId order;       // that replaced it
    std::string certificatePem; // the leaf
    TimePoint retiredAt;
    std::string newSerial;
    std::string keyKept = {};    // where the guard keeps the old pair for a while: until when
    bool revoked = false;        // its CA said so
    std::string notRevoked = {}; // why it is not although the policy wants it, as it was told
};

// What is said of it: serial, issuer, until when it is valid, and how it is revoked where its key
// may have been elsewhere. `now` decides whether there is anything to revoke.
std::string supersededText(const Superseded& one, TimePoint now);

// What an operator types at the CA.
std::string revocationByHand(const x509::Certificate& certificate);

// <state>/superseded.json: the last ones of each slot. Read when somebody asks, never held.
class SupersededArchive {
public:
    static constexpr std::size_t mostOfSlot = 10;
    static constexpr std::size_t most = 500;
    static constexpr std::size_t largest = 16U << 10U; // of one certificate's PEM

    SupersededArchive(FileSystem& files, std::string file) : files_(files), file_(std::move(file))
    {
    }
    // Known by slot and order: what was added before is not added again. The oldest make room. A
    // certificate over the limit is InvalidInput. An archive that cannot be read is put aside as
    // <file>.damaged and begun anew.
    Status add(const Superseded& one);
    Status change(const Superseded& one);        // the one of its slot and order
    Result<std::vector<Superseded>> all() const; // the newest first

private:
    Status save(const std::vector<Superseded>& all);

    FileSystem& files_;
    std::string file_;
    mutable std::mutex mutex_;
};

} // namespace perennial::agent
