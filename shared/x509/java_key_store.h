#pragma once

#include "shared/x509/certificate.h"

#include <string>
#include <string_view>
#include <vector>

namespace perennial::x509 {

struct KeyStoreEntry {
    std::string alias;    // UTF-8
    bool trusted = false; // a trusted certificate; otherwise the chain that belongs to a key
    std::vector<Certificate> certificates;
};

struct JavaKeyStore {
    std::vector<KeyStoreEntry> entries;
    std::size_t unreadable = 0; // certificates that are not taken
    bool cutShort = false; // a secret key, whose length only Java knows: what follows is unread
};

bool looksLikeJavaKeyStore(std::string_view bytes); // by the magic number

// The public half of a JKS or JCEKS file, versions 1 and 2, as sun.security.provider.JavaKeyStore
// writes them. It needs no password: certificates lie there in the clear. Keys are passed over
// undecoded, and the keyed digest at the end is not checked. Nothing may follow it. InvalidInput
// when the file is none, is cut, or has over 10,000 entries or over 100 certificates in a chain.
Result<JavaKeyStore> readJavaKeyStore(std::string_view bytes);

} // namespace perennial::x509
