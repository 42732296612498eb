#pragma once

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <string>
#include <string_view>

namespace perennial::gss {

// What GSSAPI made and only GSSAPI may free: Handle<gss_name_t, &gss_release_name>.
template <class Object, auto Release>
class Handle {
public:
    Handle() = default;
    ~Handle()
    {
        OM_uint32 minor = 0;
        if (object_ != nullptr) Release(&minor, &object_);
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    Object get() const { return object_; }
    Object* out() { return &object_; }

private:
    Object object_ = nullptr;
};

inline OM_uint32 deleteContext(OM_uint32* minor, gss_ctx_id_t* context)
{
    return gss_delete_sec_context(minor, context, GSS_C_NO_BUFFER);
}

using Name = Handle<gss_name_t, &gss_release_name>;
using Credential = Handle<gss_cred_id_t, &gss_release_cred>;
using Context = Handle<gss_ctx_id_t, &deleteContext>;

class Buffer {
public:
    Buffer() = default;
    ~Buffer()
    {
        OM_uint32 minor = 0;
        gss_release_buffer(&minor, &buffer_);
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    gss_buffer_t out() { return &buffer_; }
    std::string text() const
    {
        return {static_cast<const char*>(buffer_.value), buffer_.value ? buffer_.length : 0};
    }

private:
    gss_buffer_desc buffer_ = GSS_C_EMPTY_BUFFER;
};

// GSSAPI reads through it and changes nothing.
inline gss_buffer_desc readOnly(std::string_view bytes)
{
    return {bytes.size(), const_cast<char*>(bytes.data())};
}

} // namespace perennial::gss
