// What whoever plays the controller can send as signed: signatures, lists of signers, manifests.
#include "shared/base/json.h"
#include "shared/policy/signed_manifest.h"

#include <cstdlib>

using namespace perennial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string input(reinterpret_cast<const char*>(bytes), size);
    // As text, and as the bytes within the armour.
    for (const auto& text : {input, "-----BEGIN SSH SIGNATURE-----\n" + toBase64(input) +
                                        "\n-----END SSH SIGNATURE-----\n"}) {
        const auto signature = x509::sshSignatureFromText(text);
        if (!signature) continue;
        if (x509::sshPublicKeyFromBlob(signature->key.blob)->type != signature->key.type)
            std::abort();
        // Nobody can sign what the fuzzer says, so none of them may fit.
        if (x509::verify(*signature, "nobody signed this: " + input, policy::signatureSpace))
            std::abort();
    }
    if (const auto key = x509::sshPublicKeyFromBlob(input))
        if (x509::fingerprintOf(*key).size() != 50) std::abort();
    if (const auto signers = policy::policySignersFromText(input, "policy_signers")) {
        for (const auto& one : *signers)
            if (!x509::sshPublicKeyFromBlob(one.key.blob)) std::abort();
    }
    if (const auto content = policy::signedContentFromText(input)) {
        const auto again = policy::signedContentFromText(policy::toText(*content));
        if (!again || policy::toText(*again) != policy::toText(*content)) std::abort();
    }
    return 0;
}
