// What OpenSSL alone takes for the signatures of a renewal, and for a server's side of a handshake
// with a client certificate: processor time of one thread, microseconds each.
//
//     crypto_floor ANCHORS CERTIFICATE KEY COUNT
//
// Prints: three P-256 verifications and two signatures; the server's side of one full handshake.

#include "tests/bench/load_connection.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <vector>

using namespace perennial::bench;

namespace {

double processorSeconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
struct FreeDigest {
    void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
};
using Digest = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

const std::array<unsigned char, 600> message{}; // about a request's size

std::vector<unsigned char> sign(EVP_PKEY* key)
{
    const Digest digest(EVP_MD_CTX_new());
    std::vector<unsigned char> signature(128);
    auto length = signature.size();
    if (EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
        EVP_DigestSign(digest.get(), signature.data(), &length, message.data(), message.size()) !=
            1)
        fail("cannot sign");
    signature.resize(length);
    return signature;
}

void verify(EVP_PKEY* key, const std::vector<unsigned char>& signature)
{
    const Digest digest(EVP_MD_CTX_new());
    if (EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
        EVP_DigestVerify(
            digest.get(), signature.data(), signature.size(), message.data(), message.size()) != 1)
        fail("does not verify");
}

double signatures(int count)
{
    const Key key(EVP_EC_gen("P-256"));
    const auto signature = sign(key.get());
    const auto begun = processorSeconds();
    for (int number = 0; number < count; ++number) {
        for (int verification = 0; verification < 3; ++verification)
            verify(key.get(), signature);
        (void)sign(key.get());
        (void)sign(key.get());
    }
    return (processorSeconds() - begun) / count;
}

void move(BIO* from, BIO* to)
{
    char buffer[8192];
    int count = 0;
    while ((count = BIO_read(from, buffer, sizeof buffer)) > 0)
        BIO_write(to, buffer, count);
}

// The server's part alone: the client's steps are not counted.
double handshake(SSL_CTX* clientContext, SSL_CTX* serverContext)
{
    SSL* client = SSL_new(clientContext);
    SSL* server = SSL_new(serverContext);
    SSL_set_bio(client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_bio(server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    double taken = 0;
    for (int round = 0; round < 10 && !SSL_is_init_finished(server); ++round) {
        SSL_do_handshake(client);
        move(SSL_get_wbio(client), SSL_get_rbio(server));
        const auto begun = processorSeconds();
        SSL_do_handshake(server);
        taken += processorSeconds() - begun;
        move(SSL_get_wbio(server), SSL_get_rbio(client));
    }
    if (!SSL_is_init_finished(server)) fail("no handshake");
    SSL_free(client);
    SSL_free(server);
    return taken;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 5) fail("ANCHORS CERTIFICATE KEY COUNT");
    const auto client = makeContext({"", 0, argv[1], argv[2], argv[3]});
    SSL_CTX_set_verify(client.get(), SSL_VERIFY_NONE, nullptr);
    const Context server(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_load_verify_locations(server.get(), argv[1], nullptr);
    SSL_CTX_set_verify(server.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_use_certificate_chain_file(server.get(), argv[2]);
    SSL_CTX_use_PrivateKey_file(server.get(), argv[3], SSL_FILETYPE_PEM);
    SSL_CTX_set_session_cache_mode(server.get(), SSL_SESS_CACHE_OFF);
    const int count = std::atoi(argv[4]);
    double handshakes = 0;
    for (int number = 0; number < count; ++number)
        handshakes += handshake(client.get(), server.get());
    std::printf("%.1f %.1f\n", signatures(count) * 1e6, handshakes / count * 1e6);
    return 0;
}
