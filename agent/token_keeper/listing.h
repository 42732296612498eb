#pragma once

#include "shared/model/token_listing.h"
#include "shared/pkcs11/module.h"

namespace perennial::token_keeper {

// The certificates in all tokens of the module, as anybody sees them: nobody logs in. Bounded in
// objects and bytes, whatever the module says.
model::TokenListing list(const pkcs11::Module& module);

} // namespace perennial::token_keeper
