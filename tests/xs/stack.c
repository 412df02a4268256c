/**
 * Preloaded on Linux: remembers where the engine's only stack lies. XS asks for it whenever it compiles a RegExp, and
 * glibc reads the whole of /proc/self/maps to answer: more than half of the time that the journeys took.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>

int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes) {
  static void *address;
  static size_t size;
  if (!address) {
    int (*ask)(pthread_t, pthread_attr_t *) = (int (*)(pthread_t, pthread_attr_t *))dlsym(RTLD_NEXT, "pthread_getattr_np");
    int error = ask(thread, attributes);
    return error ? error : pthread_attr_getstack(attributes, &address, &size);
  }
  return pthread_attr_setstack(attributes, address, size);
}
