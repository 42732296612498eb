#pragma once

#include "shared/x509/certificate.h"

#include <set>
#include <string>
#include <vector>

// What is wrong with certificates by themselves: pure, no file is read. For people, not a judgement
// that anything depends on.
namespace perennial::scanner {

// Its time, its key (RSA and DSA under 2048 bits, curves under 224), its signature (MD2, MD4, MD5,
// SHA-1).
std::vector<std::string> checkCertificate(const x509::Certificate& leaf, TimePoint now);

// What the rest of its file says about the first certificate: members that are missing, out of
// order, there twice or no part of its chain, and those of the chain that have expired or are weak.
// `roots`: subjects of self-signed certificates on this host; when there are none, a chain that
// ends below its root is told from one that lacks a member only by other members in its place.
std::vector<std::string> checkChain(
    const std::vector<x509::Certificate>& chain, const std::set<std::string>& roots, TimePoint now);

} // namespace perennial::scanner
