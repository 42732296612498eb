#pragma once

#include "agent/installer/guard.h"
#include "agent/installer/order_records.h"
#include "shared/base/file_descriptor.h"

namespace perennial::installer {

// What is at a place now.
struct Pair {
    x509::Certificate certificate;
    x509::PrivateKey key;
    FileDescriptor keyFile; // for reading; what `key` was read from
    FileFacts certificateFacts;
    FileFacts keyFacts;
    bool matches() const { return key.matches(certificate); }
};
Result<Pair> readPair(const FileSystem& files, const Place& place);

// Moves pairs of certificate and key. The order's record says what is about to happen before it
// does; the disk says how far it got, so settle() can always tell. Renames alone change what a
// service reads, and going back needs no space. The caller holds the state's lock.
class Placement {
public:
    Placement(FileSystem& files, OrderRecords& records, const Guard& guard, const Log& log)
        : files_(files), records_(records), guard_(guard), log_(log)
    {
    }

    // Ends what a crash interrupted: afterwards key and certificate match, and the record's stage
    // is what the disk shows. Corrupt when somebody else left a pair that does not match; it is not
    // touched.
    Status settle(OrderRecord& record, TimePoint now);
    // `current` was checked. After an error the old pair is in place.
    Status place(OrderRecord& record, const Pair& current,
        const std::vector<x509::Certificate>& chain, TimePoint now);
    Status switchBack(OrderRecord& record, TimePoint now);
    // Finished: the new pair stays and the old one goes. Discarded: the new key goes.
    Status end(OrderRecord& record, Stage stage, TimePoint now);
    // Destroys what is still there of an order that ended; called until it has worked.
    Status clearAway(OrderRecord& record, TimePoint now);

private:
    struct Target; // a file of the place and its neighbours
    static std::vector<Target> targetsOf(const OrderRecord& record);

    bool isOurHalf(const OrderRecord& record, const Pair& pair) const;
    Status stageFiles(const OrderRecord& record, const Pair& current,
        const std::vector<x509::Certificate>& chain);
    Status keepPrevious(const Target& target, const FileFacts& facts);
    Status swapIn(const OrderRecord& record, const Pair& current);
    Status restore(const OrderRecord& record);
    Status removeNeighbours(const OrderRecord& record);
    void saveIfPossible(const OrderRecord& record);

    FileSystem& files_;
    OrderRecords& records_;
    const Guard& guard_;
    const Log& log_;
};

} // namespace perennial::installer
