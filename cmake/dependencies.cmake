# What Florin is built from: Debian's packages, installed by ./dev.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(FlatBuffers CONFIG REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(LIBEDIT REQUIRED IMPORTED_TARGET libedit)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(NATS REQUIRED IMPORTED_TARGET libnats)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)
find_package(tomlplusplus REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(LibXml2 REQUIRED)
find_package(simdjson REQUIRED)

# Libraries that bring no CMake files.
foreach(name IN ITEMS hpdf csv)
  string(TOUPPER ${name} variable)
  find_library(${variable}_LIBRARY ${name} REQUIRED)
  add_library(florin_lib${name} INTERFACE)
  target_link_libraries(florin_lib${name} INTERFACE ${${variable}_LIBRARY})
endforeach()

# Debian's shared liburing 2.3 lacks symbols that its header declares; the static one has them.
find_library(LIBURING_STATIC liburing.a REQUIRED)
add_library(florin_liburing INTERFACE)
target_link_libraries(florin_liburing INTERFACE ${LIBURING_STATIC})

# The shared library: the static one is 33 MB and would be linked into a dozen programs.
find_library(ROCKSDB_SHARED librocksdb.so REQUIRED)
find_path(ROCKSDB_INCLUDE rocksdb/db.h REQUIRED)
add_library(florin_rocksdb INTERFACE)
target_link_libraries(florin_rocksdb INTERFACE ${ROCKSDB_SHARED})
target_include_directories(florin_rocksdb SYSTEM INTERFACE ${ROCKSDB_INCLUDE})

# Headers only, without CMake files of their own; SYSTEM, as g++ warns inside them.
find_path(CONCURRENTQUEUE_INCLUDE concurrentqueue/concurrentqueue.h REQUIRED)
add_library(florin_concurrentqueue INTERFACE)
target_include_directories(florin_concurrentqueue SYSTEM INTERFACE ${CONCURRENTQUEUE_INCLUDE})

if(FLORIN_TESTS)
  find_package(GTest REQUIRED)
endif()
find_package(benchmark REQUIRED)
