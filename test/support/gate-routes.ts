import { Controller, Get } from '@nestjs/common';
import { ManagementAuth, OperatorAuth, Public, UserAuth } from '../../src/auth/access.js';
import { type Origin, RequestOrigin } from '../../src/auth/origin.js';
import { AccessToken, CurrentPrincipal, type Principal } from '../../src/auth/principal.js';

/** What a route is told of its caller. */
const caller = (principal: Principal, origin: Origin, token: string) => ({
  ...{ ...principal, scopes: [...principal.scopes] },
  ...{ origin, token },
});

/** A route of each kind. */
@Controller()
export class GateRoutes {
  @Public()
  @Get('open')
  open() {
    return {};
  }

  @Public()
  @Get('origin')
  origin(@RequestOrigin() origin: Origin) {
    return origin;
  }

  @UserAuth('profile')
  @Get('user')
  user(
    @CurrentPrincipal() principal: Principal,
    @RequestOrigin() origin: Origin,
    @AccessToken() token: string,
  ) {
    return caller(principal, origin, token);
  }

  @ManagementAuth('users:read')
  @Get('management')
  management(
    @CurrentPrincipal() principal: Principal,
    @RequestOrigin() origin: Origin,
    @AccessToken() token: string,
  ) {
    return caller(principal, origin, token);
  }

  @OperatorAuth()
  @Get('operator')
  operator() {
    return {};
  }

  @Get('undeclared')
  undeclared() {
    return {};
  }
}
