/* SPDX-License-Identifier: ISC
 *
 * tls_client_trust: the certificate authorities that a client believes.
 *
 * Owns the system's store, one for all connections of the process.  Where the
 * system has a directory of hashed names (c_rehash, update-ca-certificates)
 * certificates are read when a chain asks for them: 0.1 ms and some KiB.
 * Only without one the whole bundle is read: 35 ms and 0.9 MiB.  Must not
 * verify anything.
 */
#include <sys/stat.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "base/buf.h"
#include "base/text.h"
#include "net/tls_client_impl.h"
#include "sys/slurp.h"

enum { CA_FILE_MAX = 16 << 20 };

int
tls_client_mark(EVP_MD_CTX *mark, const void *p, size_t n)
{
	uint64_t len = n;

	return EVP_DigestUpdate(mark, &len, sizeof(len)) &&
	    EVP_DigestUpdate(mark, p, n);
}

/* ---- a file of the user's ---- */

static int
no_pass_phrase(char *buf, int size, int rw, void *arg)
{
	(void)buf;
	(void)size;
	(void)rw;
	(void)arg;
	return -1;
}

/* the certificates that were added */
static int
add_certificates(X509_STORE *store, const struct buf *pem)
{
	BIO *b = BIO_new_mem_buf(pem->p, (int)pem->n);
	STACK_OF(X509_INFO) *list = NULL;
	const X509_INFO *info;
	int i, n = 0;

	if (b != NULL)
		list = PEM_X509_INFO_read_bio(b, NULL, no_pass_phrase, NULL);
	for (i = 0; i < sk_X509_INFO_num(list); i++) {
		info = sk_X509_INFO_value(list, i);
		if (info->x509 != NULL &&
		    X509_STORE_add_cert(store, info->x509))
			n++;
	}
	sk_X509_INFO_pop_free(list, X509_INFO_free);
	BIO_free(b);
	ERR_clear_error();
	return n;
}

static int
trust_file(SSL_CTX *ctx, const char *path, EVP_MD_CTX *mark, char *error,
    size_t size)
{
	X509_STORE *store = X509_STORE_new();
	struct buf pem;
	int ret = -1;

	buf_init(&pem, CA_FILE_MAX);
	if (store == NULL)
		text_format(error, size, "out of memory");
	else if (slurp(path, &pem) != 0)
		text_format(error, size, "%s: %s", path, strerror(errno));
	else if (pem.n == 0 || add_certificates(store, &pem) == 0)
		text_format(error, size, "%s: no certificate in it: PEM "
		    "with BEGIN CERTIFICATE expected", path);
	else if (!tls_client_mark(mark, pem.p, pem.n) ||
	    /* an intermediate, or the server's own certificate, will do */
	    !X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN))
		text_format(error, size, "out of memory");
	else
		ret = 0;
	buf_release(&pem);
	if (ret == 0)
		SSL_CTX_set_cert_store(ctx, store);
	else
		X509_STORE_free(store);
	return ret;
}

/* ---- the system's ---- */

/* kept for the next connection; replaced when the files have changed */
static struct {
	pthread_mutex_t lock;
	X509_STORE *store;
	unsigned char print[TLS_MARK];
} cache = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const char *
environment(const char *name, const char *otherwise)
{
	const char *value = secure_getenv(name);

	return value != NULL && value[0] != '\0' ? value : otherwise;
}

/* "1f58a078.0" */
static bool
is_hashed_name(const char *name)
{
	int i;

	for (i = 0; i < 8; i++)
		if (!isxdigit((unsigned char)name[i]))
			return false;
	return name[8] == '.' && isdigit((unsigned char)name[9]);
}

static bool
holds_hashed_names(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *e;
	bool found = false;

	if (dir == NULL)
		return false;
	while (!found && (e = readdir(dir)) != NULL)
		found = is_hashed_name(e->d_name);
	closedir(dir);
	return found;
}

/* Runs `visit` for each directory of "a:b" until it says true. */
static bool
any_directory(const char *list, bool (*visit)(const char *path, void *arg),
    void *arg)
{
	char path[PATH_MAX];
	size_t n;

	for (;; list += n + 1) {
		n = strcspn(list, ":");
		if (n > 0 && n < sizeof(path)) {
			memcpy(path, list, n);
			path[n] = '\0';
			if (visit(path, arg))
				return true;
		}
		if (list[n] == '\0')
			return false;
	}
}

static bool
visit_hashed(const char *path, void *arg)
{
	(void)arg;
	return holds_hashed_names(path);
}

/* a place's name and when it changed last; true when it failed */
static bool
visit_print(const char *path, void *arg)
{
	struct stat st;
	struct {
		uint64_t dev, ino, size;
		int64_t sec, nsec;
	} is = { 0 };

	if (stat(path, &st) == 0) {
		is.dev = st.st_dev;
		is.ino = st.st_ino;
		is.size = (uint64_t)st.st_size;
		is.sec = st.st_mtim.tv_sec;
		is.nsec = st.st_mtim.tv_nsec;
	}
	return !tls_client_mark(arg, path, strlen(path)) ||
	    !tls_client_mark(arg, &is, sizeof(is));
}

static int
fingerprint(const char *dirs, const char *file,
    unsigned char print[TLS_MARK])
{
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	int ok;

	ok = m != NULL && EVP_DigestInit_ex(m, EVP_sha256(), NULL) &&
	    !any_directory(dirs, visit_print, m) && !visit_print(file, m) &&
	    EVP_DigestFinal_ex(m, print, NULL);
	EVP_MD_CTX_free(m);
	return ok ? 0 : -1;
}

/* A file that the environment names is read in any case; the system's bundle
 * only where no directory serves. */
static X509_STORE *
load_system(const char *dirs, const char *file, bool file_is_asked)
{
	X509_STORE *store = X509_STORE_new();
	bool ok = false;

	if (store == NULL)
		return NULL;
	if (any_directory(dirs, visit_hashed, NULL))
		ok = X509_STORE_load_path(store, dirs) == 1;
	if (!ok || file_is_asked)
		ok = X509_STORE_load_file(store, file) == 1 || ok;
	ERR_clear_error();
	if (ok)
		return store;
	X509_STORE_free(store);
	return NULL;
}

static X509_STORE *
system_store(unsigned char print[TLS_MARK])
{
	const char *dirs = environment(X509_get_default_cert_dir_env(),
	    X509_get_default_cert_dir());
	const char *file = environment(X509_get_default_cert_file_env(),
	    X509_get_default_cert_file());
	X509_STORE *store;

	if (fingerprint(dirs, file, print) != 0)
		return NULL;
	if (cache.store != NULL && memcmp(cache.print, print, TLS_MARK) == 0)
		return cache.store;
	store = load_system(dirs, file,
	    file != X509_get_default_cert_file());
	if (store == NULL)
		return NULL;
	X509_STORE_free(cache.store);
	cache.store = store;
	memcpy(cache.print, print, TLS_MARK);
	return store;
}

static int
trust_system(SSL_CTX *ctx, EVP_MD_CTX *mark, char *error, size_t size)
{
	unsigned char print[TLS_MARK];
	X509_STORE *store;

	pthread_mutex_lock(&cache.lock);
	store = system_store(print);
	if (store != NULL && !X509_STORE_up_ref(store))
		store = NULL;
	pthread_mutex_unlock(&cache.lock);
	if (store == NULL) {
		text_format(error, size, "this system has no certificate "
		    "authorities in %s: install ca-certificates, or set "
		    "ca_file", X509_get_default_cert_dir());
		return -1;
	}
	SSL_CTX_set_cert_store(ctx, store);
	if (tls_client_mark(mark, print, sizeof(print)))
		return 0;
	text_format(error, size, "out of memory");
	return -1;
}

int
tls_client_trust(SSL_CTX *ctx, const char *ca_file, EVP_MD_CTX *mark,
    char *error, size_t size)
{
	return ca_file != NULL ?
	    trust_file(ctx, ca_file, mark, error, size) :
	    trust_system(ctx, mark, error, size);
}
