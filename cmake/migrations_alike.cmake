# helix_check_migrations_alike(FOLDER)
#
# Stops the configuration unless every engine's folder in FOLDER holds migrations of the same numbers and names: a schema's
# version says what a ledger can do, whatever engine holds it. (That a file was added is noticed by helix_embed_migrations.)
# By itself, for tests: cmake -DFOLDER=... -P this file.
function(helix_check_migrations_alike folder)
  file(GLOB engines LIST_DIRECTORIES true RELATIVE ${folder} ${folder}/*)
  list(SORT engines)
  list(POP_FRONT engines first)
  file(GLOB expected RELATIVE ${folder}/${first} ${folder}/${first}/*.sql)
  foreach(engine IN LISTS engines)
    file(GLOB names RELATIVE ${folder}/${engine} ${folder}/${engine}/*.sql)
    set(lacking ${expected})
    list(REMOVE_ITEM lacking ${names})
    set(surplus ${names})
    list(REMOVE_ITEM surplus ${expected})
    if(lacking OR surplus)
      message(FATAL_ERROR "migrations: ${first} and ${engine} differ. Only in ${first}: [${lacking}]; only in ${engine}: "
                          "[${surplus}]. Give both the same numbers and names; one with nothing to do says so in a comment.")
    endif()
  endforeach()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  helix_check_migrations_alike(${FOLDER})
endif()
