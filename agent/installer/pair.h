#pragma once

#include "agent/installer/guard.h"
#include "agent/installer/order_records.h"
#include "shared/base/file_descriptor.h"
#include "shared/x509/pkcs12.h"

namespace perennial::installer {

inline constexpr std::size_t storeFileLimit = 1U << 20U;

// How a pair lies at a place.
struct Layout {
    Place files; // where the content is: the place itself, or the version that its link leads to
    FileFacts certificateFacts;
    FileFacts keyFacts;
    std::filesystem::path chainFile = {}; // empty: the authorities are in the certificate's file
    std::optional<FileFacts> chainFacts = {};
    std::optional<std::string> alias = {}; // of the key in a PKCS#12 file; unset: PEM
    Bytes tokenKeyId = {};    // CKA_ID of a key in a token; then `key` is its public half
    Bytes previousKeyId = {}; // there, of the key <label>.previous; empty: none has the label
};

// What is at a place now.
struct Pair : Layout {
    x509::Certificate certificate;
    x509::PrivateKey key;
    FileDescriptor keyFile;    // for reading: a PEM file, or its like in memory
    std::string chainPem = {}; // of a helper's store: the certificate and its authorities
    bool matches() const { return key.matches(certificate); }
};

// What a certificate may be placed over.
struct Ground {
    std::optional<Pair> pair; // unset: nothing is there
    Layout layout;            // then: how a pair will lie, like nothing (no file has 0 links)
    const Layout& now() const { return pair ? *pair : layout; }
    std::string fingerprint() const { return pair ? pair->certificate.fingerprint() : ""; }
};

// The files behind a place. In a store with a version link, a place is beside that link's target:
// <folder>/<link>/<file> stands for <folder>/v42/<file>. Nothing else may be a link.
Result<Place> filesOf(const FileSystem& disk, const Guard& guard, const Place& place);
bool isVersion(std::string_view name); // "v" and a number

// Of a reading: nothing is there, or nothing of the kind. Any other error says nothing of that.
inline bool tellsWhatIsThere(const Error& error)
{
    return error.kind == ErrorKind::NotFound || error.kind == ErrorKind::InvalidInput;
}

Result<Pair> readPair(const FileSystem& disk, const Guard& guard, const Place& place);

// What the place's files shall hold, in their order: the key first, then the certificate, or one
// file with both, as the pair that is there shows; last the chain where it has a file of its own.
struct NewFile {
    std::filesystem::path like; // the file that it follows
    FileFacts facts;            // of that
    bool isKey;                 // or both
    Secret content;
};
std::filesystem::path chainFileOf(const Guard& guard, const Place& place); // empty: none
Result<std::vector<NewFile>> makeFiles(const FileSystem& disk, const Guard& guard,
    const Layout& current, const Secret& keyPem, const std::vector<x509::Certificate>& chain);

} // namespace perennial::installer
