// Here stands the formula of an explorer with the source "closed", the file beside its own: (values, constants, memo) -> frame.
export const formula = undefined;
