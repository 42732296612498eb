#include "shared/tls/socket_bio.h"

#include "shared/x509/openssl_handles.h"

#include <cerrno>
#include <cstdint>
#include <sys/socket.h>

namespace perennial::tls {

namespace {

int descriptorOf(BIO* bio)
{
    return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool maySucceedLater(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int writeSome(BIO* bio, const char* bytes, std::size_t size, std::size_t* written)
{
    BIO_clear_retry_flags(bio);
    const ssize_t sent = ::send(descriptorOf(bio), bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    *written = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    if (sent < 0 && maySucceedLater(errno)) BIO_set_retry_write(bio);
    return sent > 0 ? 1 : 0;
}

int readSome(BIO* bio, char* bytes, std::size_t size, std::size_t* got)
{
    BIO_clear_retry_flags(bio);
    const ssize_t received = ::recv(descriptorOf(bio), bytes, size, MSG_DONTWAIT);
    *got = received > 0 ? static_cast<std::size_t>(received) : 0;
    if (received < 0 && maySucceedLater(errno)) BIO_set_retry_read(bio);
    if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return received > 0 ? 1 : 0;
}

long control(BIO* bio, int command, long /*number*/, void* /*pointer*/)
{
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
}

int create(BIO* bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

using Method = std::unique_ptr<BIO_METHOD, x509::FreeWith<&BIO_meth_free>>;

Method makeMethod()
{
    Method method(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals"));
    if (!method) return method;
    BIO_meth_set_create(method.get(), &create);
    BIO_meth_set_write_ex(method.get(), &writeSome);
    BIO_meth_set_read_ex(method.get(), &readSome);
    BIO_meth_set_ctrl(method.get(), &control);
    return method;
}

} // namespace

BIO* newSocketBio(int socket)
{
    static const Method method = makeMethod(); // a table of functions, never changed
    BIO* bio = method ? BIO_new(method.get()) : nullptr;
    if (bio != nullptr)
        BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
    return bio;
}

} // namespace perennial::tls
