#pragma once

#include "controller/enrollment/issuing/issuing_authority.h"
#include "controller/enrollment/publication/publication_rules.h"
#include "shared/base/file_system.h"
#include "shared/base/log.h"

#include <mutex>

namespace perennial::enrollment::server {

// Makes CRLs and keeps the newest ones. A CRL counts as published once it is in the store, with its
// event; a copy goes to <state>/crl/. Whatever fails, the CRLs that are out stay out.
class CrlPublisher {
public:
    CrlPublisher(IssuingAuthority& authority, RevocationStore& store, FileSystem& files,
        PublicationSettings settings, std::string folder, const Log& log)
        : authority_(authority), store_(store), files_(files), settings_(std::move(settings)),
          folder_(std::move(folder)), log_(log)
    {
    }

    // Takes up what was published before. Where the copies are newer than the store, the store is a
    // backup: revocations that only the copies know are taken over.
    Status open(TimePoint now);
    Status publishDue(TimePoint now); // does nothing when nothing is due
    // Because `by` wants it.
    Status publish(Due what, const std::string& by, TimePoint now);

    struct Lists {
        std::optional<x509::RevocationList> base;
        std::optional<x509::RevocationList> delta;
    };
    Lists current() const; // threads may ask while others publish

private:
    Status load();
    Status takeOver(const std::string& file, TimePoint now);
    Status publishLocked(Due what, const std::string& by, TimePoint now);
    Result<x509::RevocationList> makeBase(std::int64_t number, TimePoint now);
    Result<x509::RevocationList> makeDelta(
        std::int64_t number, const PublishedList& base, TimePoint now);
    void writeCopies(const Lists& lists);

    IssuingAuthority& authority_;
    RevocationStore& store_;
    FileSystem& files_;
    const PublicationSettings settings_;
    const std::string folder_;
    const Log& log_;

    std::mutex publishing_; // one at a time
    PublicationFacts facts_;
    std::int64_t lastNumber_ = 0;
    mutable std::mutex mutex_; // of lists_
    Lists lists_;
};

} // namespace perennial::enrollment::server
