// Defects that a test program plants in the engine, one at a time, to prove that the tests find
// them. Everywhere else none is planted, and the compiler leaves nothing of it.
#pragma once

#include "base/types.h"

namespace florin::engine {

// The losses of undone changes stand first, in the order of the kinds of UndoEntry.
#define FLORIN_DEFECTS(X)                                                    \
  X(UndoLosesCounters)                                                       \
  X(UndoLosesNewAccount)                                                     \
  X(UndoLosesNewTransfer)                                                    \
  X(UndoLosesMark)                                                           \
  X(UndoLosesOpenedHold)                                                     \
  X(UndoLosesCapturedHold)                                                   \
  X(UndoLosesClosedHold)                                                     \
  X(UndoLosesStatus)                                                         \
  X(UndoLosesLastTimestamps)                                                 \
  X(UndoLosesCharge)                                                         \
  X(UndoLosesGiveBack)                                                       \
  X(UndoLosesLimits)                                                         \
  X(UndoLosesNewUpdate)                                                      \
  X(UndoLosesEffect)                                                         \
  X(UndoKeepsCreationNumber) /* Of transfers. */                             \
  X(LimitBoundRefused)       /* With an overdraft, or a balance limit. */    \
  X(PlainLimitBoundPassed)   /* On the short way of a plain transfer. */     \
  X(TransferLimitBoundRefused)                                               \
  X(VelocitySumBoundRefused)                                                 \
  X(VelocityCountBoundPassed)                                                \
  X(VelocityForgotten) /* When the limit is set again. */                    \
  X(VelocityKept)      /* When it is set with another window. */             \
  X(ImportedCharged)                                                         \
  X(GivenBackToNow) /* The bucket of now, not that of the hold. */           \
  X(GivenBackNoCount)                                                        \
  X(GivenBackCountOfCaptured)                                                \
  X(GivenBackBeforeCounting)                                                 \
  X(ExpiryEarly) /* By 1 ns, as the next. */                                 \
  X(ExpiryLate)                                                              \
  X(ExpiryOfOneOnly)  /* At a time. */                                       \
  X(ExpiryLosesOrder) /* When a hold leaves the queue. */                    \
  X(ExpiryLostWithChain)                                                     \
  X(ExpiryLeavesClosed)                                                      \
  X(RemainderKept) /* By a post that closes the hold. */                     \
  X(PartialCaptureCloses)                                                    \
  X(PartialCaptureNeverCloses)                                               \
  X(BalancingWithoutOverdraft)                                               \
  X(OverflowOfSumPassed)                                                     \
  X(PostToClosedPassed)                                                      \
  X(FrozenPendingPassed)                                                     \
  X(ImportComparedWithAccounts)                                              \
  X(TransientKeepsId)                                                        \
  X(TransientKeepsIdInChain)                                                 \
  X(FinalConsumesId)                                                         \
  X(ExistsWithoutInheritance)                                                \
  X(ExistsForgetsTookAll)                                                    \
  X(ExistsComparesNewUserData) /* Of an account. */                          \
  X(ExistsAnswersNow)                                                        \
  X(ChainRetryInParts)                                                       \
  X(ChainRetryWithoutShape)                                                  \
  X(ReversedTwice)                                                           \
  X(ConditionBeforeEvent)                                                    \
  X(DryRunLeavesTrace)                                                       \
  X(DryRunLetsTimePass)                                                      \
  X(BalancesOfBrokenChain)                                                   \
  X(EffectEarly) /* One item, as the next. */                                \
  X(EffectLate)                                                              \
  X(CollidingIdBelieved)                                                     \
  X(TotalsOfOneSide)                                                         \
  X(TransferSlotReturnedEarly)                                               \
  X(AccountSlotReturnedEarly)                                                \
  X(TransferSlotLost)                                                        \
  X(AccountSlotLost)                                                         \
  X(PageSkipsOne)                                                            \
  X(WindowForgetsDecision) /* Whatever is durable. */                        \
  X(WindowForgetsPosition) /* The same of what changed since, ... */         \
  X(WindowForgetsChange)   /* ... or does not even know of the change. */    \
  X(WindowForgetsHold)     /* Open ones go too. */                           \
  X(WindowForgetsDigest)                                                     \
  X(WindowForgetsEarlier) /* Ids of earlier transfers are not looked for. */ \
  X(WindowForgetsRefused) /* The same of events that consume nothing. */     \
  X(WindowRevivesUnmarked)                                                   \
  X(WindowLeavesMark) /* To the next transfer in the slot. */                \
  X(WindowLosesSlot)                                                         \
  X(WindowLookupForgets) /* To ask history, as the next. */                  \
  X(WindowPageForgets)                                                       \
  X(CutForgetsAccount) /* That changes before it was copied, as the next. */ \
  X(CutForgetsMark)                                                          \
  X(CutForgetsHold)                                                          \
  X(CutForgetsLimits)                                                        \
  X(CutForgetsWindow)                                                        \
  X(CutTakesLaterAccount)                                                    \
  X(CutForgetsCreationFlags)                                                 \
  X(CutForgetsExpired) /* Marks. */                                          \
  X(CutForgetsTookAll)                                                       \
  X(CutForgetsKept)     /* What was passed over. */                          \
  X(CutForgetsLeaving)  /* Of these, what leaves before it was copied. */    \
  X(CutTakesReturned)   /* What came back since. */                          \
  X(CutTellsMoreCopied) /* Than it has. */                                   \
  X(LoadLosesFailedId)                                                       \
  X(LoadLosesDeadlines)                                                      \
  X(LoadMixesCreations) /* Of accounts. */                                   \
  X(LoadForgetsReversed)                                                     \
  X(LoadForgetsCharged) /* Of holds. */                                      \
  X(LoadForgetsChanged) /* That an account's user data was. */               \
  X(LoadForgetsLastTimestamps)                                               \
  X(LoadReusesSlots)                                                         \
  X(LoadForgetsRetiredDigest)                                                \
  X(LoadForgetsKept) /* That it was passed over. */

enum class Defect : u8 {
#define FLORIN_ENUMERATOR(name) name,
  FLORIN_DEFECTS(FLORIN_ENUMERATOR)
#undef FLORIN_ENUMERATOR
};

#ifdef FLORIN_PLANTED_DEFECTS
// Defined by the test program.
bool planted(Defect defect);
#else
constexpr bool planted(Defect) { return false; }
#endif

}  // namespace florin::engine
