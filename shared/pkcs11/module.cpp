#include "shared/pkcs11/module.h"

#include "shared/base/file_traits.h"
#include "shared/base/trusted_path.h"

#include <algorithm>
#include <dlfcn.h>
#include <map>
#include <p11-kit/pkcs11.h>

namespace perennial::pkcs11 {

namespace {

// Fixed fields are filled with spaces (PKCS #11 v2.40, 3.2).
template <std::size_t size>
std::string textOf(const unsigned char (&field)[size])
{
    std::string text(field, field + size);
    const auto end = text.find_last_not_of(' ');
    text.resize(end == std::string::npos ? 0 : end + 1);
    return text;
}

} // namespace

Status mayTryPin(unsigned long tokenFlags)
{
    if ((tokenFlags & CKF_USER_PIN_LOCKED) != 0)
        return Error{ErrorKind::PermissionDenied,
            "PKCS#11: the PIN is locked; the token's security officer can set it anew"};
    if ((tokenFlags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY)) != 0)
        return Error{ErrorKind::PermissionDenied,
            "PKCS#11: a wrong PIN was given since the last login, and it is not tried again, as "
            "the "
            "token locks itself; see that the PIN file is right, then log in by hand once "
            "(pkcs11-tool --login)"};
    return {};
}

Error moduleError(const char* call, unsigned long code)
{
    static const std::map<unsigned long, std::pair<ErrorKind, const char*>> known = {
        {CKR_PIN_INCORRECT, {ErrorKind::PermissionDenied, "the PIN is wrong"}},
        {CKR_PIN_LOCKED, {ErrorKind::PermissionDenied, "the PIN is locked"}},
        {CKR_USER_PIN_NOT_INITIALIZED, {ErrorKind::PermissionDenied, "no PIN was ever set"}},
        {CKR_TOKEN_WRITE_PROTECTED, {ErrorKind::PermissionDenied, "the token cannot be written"}},
        {CKR_ATTRIBUTE_READ_ONLY, {ErrorKind::PermissionDenied, "it cannot be changed"}},
        {CKR_ACTION_PROHIBITED, {ErrorKind::PermissionDenied, "the token forbids it"}},
        {CKR_TOKEN_NOT_PRESENT, {ErrorKind::NotFound, "the token is not there"}},
        {CKR_OBJECT_HANDLE_INVALID, {ErrorKind::NotFound, "the object is not there any more"}},
        {CKR_MECHANISM_INVALID, {ErrorKind::InvalidInput, "the token does not know how"}},
        {CKR_DEVICE_MEMORY, {ErrorKind::Unavailable, "the token is full"}}};
    const auto found = known.find(code);
    const auto kind = found == known.end() ? ErrorKind::Unavailable : found->second.first;
    const std::string what = found == known.end() ? "it failed" : found->second.second;
    char number[20];
    std::snprintf(number, sizeof number, "0x%lx", code);
    return {kind, "PKCS#11: " + std::string(call) + ": " + what + " (" + number + ")"};
}

Result<std::unique_ptr<Module>> Module::load(const std::string& path)
{
    const auto unusable = [&](const std::string& why) {
        return Error{ErrorKind::Unavailable, "PKCS#11: the module " + path + " " + why};
    };
    if (auto status = checkWay(path); !status) return status.error();
    const auto file = resolveLinks(path);
    if (!file) return file.error();
    if (auto status = checkFile(*file); !status) return status.error();
    void* library = ::dlopen(file->c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        const char* why = ::dlerror();
        return unusable("cannot be loaded: " + toPrintable(why == nullptr ? "" : why, 300));
    }
    const auto getList =
        reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
    if (getList == nullptr) return unusable("is none: it has no C_GetFunctionList");
    CK_FUNCTION_LIST* functions = nullptr;
    if (getList(&functions) != CKR_OK || functions == nullptr)
        return unusable("names no functions");
    if (functions->version.major != 2) return unusable("is not of version 2 of the standard");
    const auto begun = functions->C_Initialize(nullptr);
    if (begun != CKR_OK) return moduleError("C_Initialize", begun);
    return std::unique_ptr<Module>(new Module(functions));
}

Module::~Module() { functions_->C_Finalize(nullptr); }

Result<std::vector<Token>> Module::tokens() const
{
    std::vector<CK_SLOT_ID> slots(mostTokens);
    CK_ULONG count = slots.size();
    if (const auto got = functions_->C_GetSlotList(CK_TRUE, slots.data(), &count); got != CKR_OK)
        return moduleError("C_GetSlotList", got);
    slots.resize(std::min<std::size_t>(count, mostTokens));
    std::vector<Token> tokens;
    for (const auto slot : slots) {
        CK_TOKEN_INFO info{};
        if (functions_->C_GetTokenInfo(slot, &info) != CKR_OK) continue; // it was pulled out
        tokens.push_back({slot, textOf(info.label), (info.flags & CKF_TOKEN_INITIALIZED) != 0,
            (info.flags & CKF_WRITE_PROTECTED) != 0, info.flags});
    }
    return tokens;
}

Result<Token> Module::tokenLabelled(const std::string& label) const
{
    const auto all = tokens();
    if (!all) return all.error();
    const auto isIt = [&](const Token& token) { return token.label == label; };
    const auto first = std::find_if(all->begin(), all->end(), isIt);
    if (first == all->end())
        return Error{ErrorKind::NotFound, "PKCS#11: no token has the label \"" + label + "\""};
    if (std::find_if(first + 1, all->end(), isIt) != all->end())
        return Error{
            ErrorKind::Conflict, "PKCS#11: several tokens have the label \"" + label + "\""};
    return *first;
}

} // namespace perennial::pkcs11
