#pragma once

#include "agent/installer/pair.h"
#include "shared/model/token_message.h"

namespace perennial::installer {

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
    // `ground` was checked. After an error what was in place is there, or nothing, as before.
    Status place(OrderRecord& record, const Ground& ground,
        const std::vector<x509::Certificate>& chain, TimePoint now);
    Status switchBack(OrderRecord& record, TimePoint now);
    // Finished: the new pair stays and the old one goes. Discarded: the new key goes.
    Status end(OrderRecord& record, Stage stage, TimePoint now);
    // Destroys what is still there of an order that ended; called until it has worked.
    Status clearAway(OrderRecord& record, TimePoint now);

private:
    // In a helper's store nothing is renamed: the helper brings a pair, and brings the old one back
    // from the copy in the state.
    Status settleHelper(OrderRecord& record, bool newMayStay, TimePoint now);
    Status installByHelper(OrderRecord& record, const Pair& current,
        const std::vector<x509::Certificate>& chain, const Secret& keyPem, TimePoint now);
    Status takeBackByHelper(OrderRecord& record, TimePoint now);
    Status rollBackByHelper(const OrderRecord& record);
    Status clearAfterHelper(const OrderRecord& record);
    std::string wholePairAt(const Place& place) const;

    // In a token a key gets another name, before the certificate's file does.
    Status settleToken(const OrderRecord& record);
    Status askToken(const OrderRecord& record, model::TokenVerb verb, const Bytes& id) const;
    Status dropFromToken(const OrderRecord& record) const;
    Result<std::optional<x509::Certificate>> certificateAt(const Place& place) const;

    struct Target { // what is renamed at the place, and its neighbours
        std::filesystem::path live;
        std::filesystem::path staged;   // complete before anything is renamed
        std::filesystem::path previous; // what was there, under another name
    };
    std::vector<Target> targetsOf(const OrderRecord& record) const;

    bool isOurHalf(const OrderRecord& record, const Pair& pair) const;
    Status chooseVersion(OrderRecord& record, const Layout& current) const;
    Status stage(
        const OrderRecord& record, const Layout& current, const std::vector<NewFile>& made);
    Status stageFile(const NewFile& file, const std::filesystem::path& path);
    Status stageVersion(const OrderRecord& record, const Layout& current,
        const std::vector<NewFile>& made, const Target& link);
    Status keepPrevious(const Target& target, const FileFacts& facts);
    Status swapIn(const OrderRecord& record, const Layout& current);
    // Where nothing was before, names are linked, which no other file is lost by, and going back
    // takes ours away.
    Status linkIn(const OrderRecord& record);
    Status settleFirst(OrderRecord& record, TimePoint now);
    Status takeAway(const OrderRecord& record);
    Status restore(const OrderRecord& record);
    Status settleChain(const OrderRecord& record, bool isNew);
    Status removeNeighbours(const OrderRecord& record);
    Status checkOldVersion(const OrderRecord& record) const;
    Status removeVersion(const OrderRecord& record);
    void saveIfPossible(const OrderRecord& record);

    FileSystem& files_;
    OrderRecords& records_;
    const Guard& guard_;
    const Log& log_;
};

} // namespace perennial::installer
