#pragma once

#include "shared/base/file_system.h"
#include "shared/base/log.h"
#include "shared/x509/private_key.h"

#include <vector>

namespace perennial::installer {

// Where one slot's certificate and key live. One path for both: a combined PEM file.
struct Place {
    std::filesystem::path certificate;
    std::filesystem::path key;
    bool overlaps(const Place& other) const;
    friend bool operator==(const Place&, const Place&) = default;
};

enum class Stage {
    KeyReady,  // the new key is in the state; the place is as it was
    Placing,   // files are about to change
    Placed,    // the new pair is in place, the old one beside it
    Finished,  // the new pair stays; the old one is to be destroyed
    Discarded, // the new key is to be destroyed
};

// What is about to happen, or happened, for one order. On disk before it happens.
struct OrderRecord {
    std::string order;
    Place place;
    Stage stage = Stage::KeyReady;
    TimePoint updated;
    std::string replaces;    // fingerprint of the certificate to be replaced; set by place
    std::string fingerprint; // of the new one; set by place
    std::vector<TimePoint> placings;
    std::string chain;           // SHA-256 of what place writes into the chain's own file
    std::string version;         // with a version link: the folder that place makes
    std::string previousVersion; // and the one that it replaces
    std::string previousKey;     // of a key in a token: CKA_ID of the one that it replaces, hex
    bool cleared = false;        // ended, and nothing but this record is left
    // Where nothing was: of an order that has placed, or is about to.
    bool isFirst() const { return replaces.empty() && !fingerprint.empty(); }
    bool hasEnded() const { return stage == Stage::Finished || stage == Stage::Discarded; }
};

// <state>/orders: <order>.json, <order>.key with the new key and, for a helper's store,
// <order>.previous with the old pair; mode 0600.
class OrderRecords {
public:
    OrderRecords(FileSystem& files, const std::filesystem::path& state, const Log& log)
        : folder(state / "orders"), files_(files), log_(log)
    {
    }

    Result<OrderRecord> load(const std::string& order) const; // NotFound: unknown order
    Result<std::vector<OrderRecord>> all() const; // what cannot be read is logged and left out
    Status save(const OrderRecord& record);
    Status forget(const OrderRecord& record) { return files_.remove(file(record.order, ".json")); }
    Result<x509::PrivateKey> readKey(const std::string& order) const; // NotFound: not made yet
    std::filesystem::path keyFile(const std::string& order) const { return file(order, ".key"); }

    std::filesystem::path previousFile(const std::string& order) const
    {
        return file(order, ".previous");
    }

    const std::filesystem::path folder;

private:
    std::filesystem::path file(const std::string& order, const char* suffix) const
    {
        return folder / (order + suffix);
    }

    FileSystem& files_;
    const Log& log_;
};

} // namespace perennial::installer
