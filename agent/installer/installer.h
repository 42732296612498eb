#pragma once

#include "agent/installer/placement.h"
#include "shared/model/installer_message.h"
#include "shared/model/token_message.h"

namespace perennial::installer {

struct Answer {
    model::InstallerMessage message;
    std::vector<FileDescriptor> descriptors; // keys that are lent, for reading
};

// Answers one caller's messages under the host's guard. Trusts nothing that a message says: the
// guard, the disk and the order's own record decide.
class Installer {
public:
    Installer(FileSystem& files, const Clock& clock, const Guard& guard, const Log& log)
        : files_(files), clock_(clock), guard_(guard), log_(log), records_(files, guard.state, log),
          placement_(files, records_, guard, log)
    {
    }

    // Settles what a crash interrupted and destroys what has had its time. Before the first
    // message.
    Status recover();
    Answer handle(const model::InstallerMessage& request);

private:
    using Request = model::InstallerMessage;
    Result<Answer> answerTo(const Request& request);
    Result<Answer> makeKey(const Request& request);
    Result<Answer> lendKeys(const Request& request);
    Result<Answer> lendNewKey(const Request& request);
    Result<Answer> lendFromToken(const OrderRecord& record, model::TokenVerb verb);
    Result<Answer> preflight(const Request& request);
    Result<Answer> place(const Request& request);
    Result<Answer> switchBack(const Request& request);
    Result<Answer> act(const Request& request);
    Result<Answer> finish(const Request& request);
    Result<Answer> discard(const Request& request);
    Result<Answer> setAnchors(const Request& request);

    Result<OrderRecord> orderOf(const Request& request);          // settled
    Result<OrderRecord> openOrderAtPlace(const Request& request); // with the request's place
    Result<OrderRecord> orderWithKey(const Request& request);     // that has placed nothing yet
    Result<Place> checkPlace(const Place& place) const;           // its files: filesOf()
    Result<Pair> checkedPair(const Place& place) const;
    Result<Ground> checkedGround(const Place& place) const;
    Result<Layout> checkEmpty(const Place& place) const;
    Result<x509::PrivateKey> newKeyOf(const Place& place, const std::string& order) const;
    Result<Answer> finished(const OrderRecord& record) const;
    Status checkFree(const Place& place, const std::string& order) const;
    Status checkRoom(const Place& place, const Ground& ground, std::size_t size);

    FileSystem& files_;
    const Clock& clock_;
    const Guard& guard_;
    const Log& log_;
    OrderRecords records_;
    Placement placement_;
};

} // namespace perennial::installer
