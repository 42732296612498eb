#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"

#include <memory>
#include <string>
#include <vector>

struct _CK_FUNCTION_LIST; // of the standard's header

namespace perennial::pkcs11 {

// A token as its module describes it. Every text is foreign: print it with toPrintable.
struct Token {
    unsigned long slot;
    std::string label;
    bool initialized;
    bool writeProtected;
    unsigned long flags; // all, CKF_...
};

// Whether the user's PIN may be tried (PKCS #11 v2.40, 3.2, CKF_USER_PIN_...). PermissionDenied
// where a wrong one was given since the last login: a few more would lock the token's user out, and
// the service with it.
Status mayTryPin(unsigned long tokenFlags);

// A PKCS#11 module (version 2.x of the standard), loaded into this process: its code may do from
// now on whatever the process may. So whoever loads one has nothing else to lose. It is finalized
// at the end, and never unloaded. For one thread.
class Module {
public:
    static constexpr std::size_t mostTokens = 64;

    // PermissionDenied: others than root and the process's own user could have written it, or can
    // change where its path leads (symbolic links are followed where neither is so). Unavailable:
    // it cannot be loaded, or is none.
    static Result<std::unique_ptr<Module>> load(const std::string& path);
    ~Module();
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    Result<std::vector<Token>> tokens() const; // at most mostTokens
    // The one with that label: NotFound; Conflict where several have it.
    Result<Token> tokenLabelled(const std::string& label) const;
    _CK_FUNCTION_LIST& functions() const { return *functions_; }

private:
    explicit Module(_CK_FUNCTION_LIST* functions) : functions_(functions) {}

    _CK_FUNCTION_LIST* functions_;
};

// "C_Login: PIN incorrect (0xa0)"; kind: PermissionDenied for PINs and rights, NotFound for what is
// not there any more, otherwise Unavailable.
Error moduleError(const char* call, unsigned long code);

} // namespace perennial::pkcs11
