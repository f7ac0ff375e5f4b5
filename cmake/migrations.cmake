# helix_embed_migrations(ROOM target NAMESPACE ns ENGINE folder)
#
# The migrations are part of the program: the text of migrations/<engine>/NNNN_name.sql is written into a source file
# when CMake configures; it defines ns::all_migrations(), which adapters/<ns>/migrations.hpp declares.
#
# A version means the same on every engine: the folders beside migrations/<engine>/ must hold the same names.
include(${CMAKE_CURRENT_LIST_DIR}/migrations_alike.cmake)

function(helix_embed_migrations)
  cmake_parse_arguments(MIGRATIONS "" "ROOM;NAMESPACE;ENGINE" "" ${ARGN})
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/migrations/${MIGRATIONS_ENGINE}/*.sql)
  list(SORT files)
  set(MIGRATIONS_ENTRIES "")
  set(expected 0)
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME)
    math(EXPR expected "${expected} + 1")
    if(NOT name MATCHES "^0*${expected}_[a-z0-9_]+\\.sql$")
      message(FATAL_ERROR "migrations/${MIGRATIONS_ENGINE}/${name}: expected number ${expected}; numbers follow each other")
    endif()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} sql)
    string(APPEND MIGRATIONS_ENTRIES "    {${expected}, \"${name}\", R\"helixsql(${sql})helixsql\"},\n")
  endforeach()
  helix_check_migrations_alike(${CMAKE_SOURCE_DIR}/migrations)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_migrations.cpp)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/embedded_migrations.cpp.in ${output} @ONLY)
  target_sources(${MIGRATIONS_ROOM} PRIVATE ${output})
endfunction()
