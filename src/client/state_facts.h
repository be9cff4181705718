/* SPDX-License-Identifier: ISC
 *
 * state_facts: the names of the small facts in an account's state, shared by
 * those who write them (errand_record.c) and those who show them (status.c).
 */
#ifndef RESTANTE_CLIENT_STATE_FACTS_H
#define RESTANTE_CLIENT_STATE_FACTS_H

/* "1": this server has had UIDL */
#define FACT_UIDL "uidl"
/* seconds since 1970: since then it is known that the server cannot pipeline */
#define FACT_PIPELINING_OFF "pipelining_off"
/* "1": UIDLs were taken over from getmail, which writes `-` for `/` */
#define FACT_DASHED "dashed"
/* "1": this server announced UTF8 and PIPELINING last time */
#define FACT_UTF8 "utf8"
/* digest of what decides about skipping */
#define FACT_RULES "rules"
/* the last visit that failed, if the last visit did: the name of its fault
 * (advice.h), our words, seconds since 1970; none of them after a success */
#define FACT_LAST_FAULT "last_fault"
#define FACT_LAST_FAULT_TEXT "last_fault_text"
#define FACT_LAST_FAULT_TIME "last_fault_time"

#endif
