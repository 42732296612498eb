// A PKCS#11 module that means no good. HOSTILE says how; tests load it where a foreign one would
// be.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <p11-kit/pkcs11.h>
#include <string>
#include <unistd.h>

namespace {

std::string mode()
{
    const char* text = std::getenv("HOSTILE");
    return text == nullptr ? "" : text;
}

std::string ownStatus(const std::string& line)
{
    std::ifstream file("/proc/self/status");
    for (std::string text; std::getline(file, text);) {
        if (text.starts_with(line)) return text;
    }
    return "none";
}

std::string label()
{
    if (mode() == "label") return std::string("a\x1b[31m\n\0b\xff", 10);
    if (mode() == "long-label") return std::string(100'000, 'x');
    if (mode() == "capabilities") return ownStatus("CapEff");
    if (mode() == "privileges") return ownStatus("NoNewPrivs");
    if (mode() == "environment") return std::getenv("HOME") == nullptr ? "no HOME" : "HOME";
    return "garbage";
}

unsigned long objectsLeft = 0;

CK_RV copy(CK_ATTRIBUTE& to, const std::string& value, unsigned long claimed)
{
    if (to.pValue == nullptr) {
        to.ulValueLen = claimed;
        return CKR_OK;
    }
    std::memcpy(to.pValue, value.data(), std::min<std::size_t>(to.ulValueLen, value.size()));
    to.ulValueLen = claimed;
    return CKR_OK;
}

CK_RV initialize(void*)
{
    if (const char* report = std::getenv("HOSTILE_REPORT"))
        std::ofstream(report) << ownStatus("CapEff") << "\n" << ownStatus("NoNewPrivs") << "\n";
    if (const char* gate = std::getenv("HOSTILE_GATE")) std::ifstream(gate).get();
    if (mode() == "crash") std::abort();
    if (mode() == "hang") {
        for (;;)
            ::pause();
    }
    if (mode() == "flood") {
        const std::string much(1U << 20U, 'x');
        for (;;) {
            if (::write(STDOUT_FILENO, much.data(), much.size()) < 0) return CKR_GENERAL_ERROR;
        }
    }
    if (mode() == "eat" && std::malloc(2UL << 30U) == nullptr) return CKR_HOST_MEMORY;
    if (mode() == "chatter") (void)!::write(STDOUT_FILENO, "{}", 2);
    return CKR_OK;
}

CK_RV nothing(void*) { return CKR_OK; }

CK_RV slots(CK_BBOOL, CK_SLOT_ID* list, CK_ULONG* count)
{
    if (list != nullptr) list[0] = 0;
    *count = mode() == "slots" ? ~0UL : 1;
    return CKR_OK;
}

CK_RV token(CK_SLOT_ID, CK_TOKEN_INFO* info)
{
    std::memset(info, ' ', sizeof *info);
    std::memcpy(info->label, "evil", 4);
    info->flags = CKF_TOKEN_INITIALIZED;
    return CKR_OK;
}

CK_RV open(CK_SLOT_ID, CK_FLAGS, void*, CK_NOTIFY, CK_SESSION_HANDLE* session)
{
    *session = 1;
    return CKR_OK;
}

CK_RV close(CK_SESSION_HANDLE) { return CKR_OK; }

CK_RV findInit(CK_SESSION_HANDLE, CK_ATTRIBUTE* wanted, CK_ULONG)
{
    CK_OBJECT_CLASS kind = 0;
    std::memcpy(&kind, wanted[0].pValue, sizeof kind);
    objectsLeft = kind != CKO_CERTIFICATE ? 0 : mode() == "endless" ? ~0UL : 1;
    return CKR_OK;
}

CK_RV find(CK_SESSION_HANDLE, CK_OBJECT_HANDLE* objects, CK_ULONG room, CK_ULONG* count)
{
    *count = mode() == "count" ? ~0UL : std::min(room, objectsLeft);
    for (CK_ULONG i = 0; i < std::min(*count, room); ++i)
        objects[i] = i + 1;
    objectsLeft -= std::min(objectsLeft, *count);
    return CKR_OK;
}

CK_RV attribute(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE* wanted, CK_ULONG)
{
    const CK_ULONG type = CKC_X_509;
    std::string value = "garbage";
    if (wanted->type == CKA_LABEL) value = label();
    if (wanted->type == CKA_CERTIFICATE_TYPE)
        value.assign(reinterpret_cast<const char*>(&type), sizeof type);
    auto claimed = value.size();
    if (mode() == "huge" && wanted->type == CKA_VALUE) claimed = 1UL << 40U;
    if (mode() == "grows" && wanted->type == CKA_VALUE && wanted->pValue != nullptr)
        claimed = 9'999;
    return copy(*wanted, value, claimed);
}

} // namespace

extern "C" CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list)
{
    static CK_FUNCTION_LIST functions{};
    functions.version = {static_cast<unsigned char>(mode() == "version" ? 9 : 2), 40};
    functions.C_Initialize = initialize;
    functions.C_Finalize = nothing;
    functions.C_GetSlotList = slots;
    functions.C_GetTokenInfo = token;
    functions.C_OpenSession = open;
    functions.C_CloseSession = close;
    functions.C_FindObjectsInit = findInit;
    functions.C_FindObjects = find;
    functions.C_FindObjectsFinal = close;
    functions.C_GetAttributeValue = attribute;
    *list = &functions;
    return CKR_OK;
}
