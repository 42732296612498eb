#pragma once

#include "controller/enrollment/templates/certificate_template.h"
#include "controller/enrollment/web/parameters.h"

#include <string>
#include <vector>

// How somebody makes the request that a form on certrqma.asp describes: with openssl, on the
// machine that will use the key. Pure.
namespace perennial::enrollment::server::web {

struct RecipeInput {
    std::string keyType; // "ec-p256", "rsa-3072"
    std::string hash;    // "sha256"
    bool passphrase = false;
    std::string commonName;
    std::vector<std::string> dnsNames;
    std::vector<std::string> addresses;
};

// InvalidInput says in plain words what the template does not allow, or what is no name.
Result<RecipeInput> readRecipe(const CertificateTemplate& chosen, const Parameters& form);

// Lines for a POSIX shell: a configuration for openssl in a here-document, and the command that
// makes key and request with it. No text of the form is ever more to the shell than text.
std::vector<std::string> writeRecipe(const CertificateTemplate& chosen, const RecipeInput& input);

std::string configQuoted(std::string_view text); // a value in openssl's config(5)

} // namespace perennial::enrollment::server::web
